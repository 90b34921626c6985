import type { ChangedLink } from "../app/people/changed-links.ts";
import type { RelayState, TargetState } from "../app/relay/relay-state.ts";
import type { RenderedRelay } from "../app/relay/render-relay.ts";
import type { StartedRelay } from "../app/relay/start-relay.ts";
import type { StoppedRelay } from "../app/relay/stop-relay.ts";
import type { SwitchedRouting } from "../app/routing/switch-routing.ts";
import type { ChangedSetting, ChangedSettings } from "../app/settings/change-settings.ts";
import type { ChangedChannel, ShownChannels } from "../app/settings/promoted-channel.ts";
import type { GroupsChannel, ShownChannel } from "../app/settings/shown-channel.ts";
import type { RelayTarget } from "../domain/relay.ts";
import { choice, count, type Fields, flag, list, maybe, object, orNull, shared, text } from "./schema.ts";
import * as value from "./values.ts";

/** Commands about settings and the promoted channel. */

const changedSetting = object<ChangedSetting>("A setting that is another one now", {
  name: text("As in mtproxy_config.json", { pattern: "^[a-z][a-z0-9_]*$" }),
  from: { json: { description: "The value before, as in mtproxy_config.json; null where none was set" } },
  to: { json: { description: "The value now; null where none is set" } },
});

const place = (description: string) => text(description, { pattern: "^.+:[0-9]+$" });

export const changedLink = shared<ChangedLink>(
  "changed-link",
  object<ChangedLink>("A link that changes", {
    username: value.userName(),
    from: place("host:port before"),
    to: place("host:port now"),
  }),
);

const changedSettings = shared<ChangedSettings>(
  "changed-settings",
  object<ChangedSettings>("Settings that were changed, and whose links change with them", {
    changed: list("Those that are other ones now", changedSetting),
    links: list("People who must get their new link", changedLink()),
    live: flag("The proxies run with them"),
  }),
);

const channelFields: Fields<Omit<ShownChannel, "advice">> = {
  proxyTag: orNull(value.proxyTag("Null where none was ever set")),
  channelUsername: orNull(text("The channel, for the admin's memory", { pattern: "^@" })),
  enabled: flag("The proxies shall carry the tag"),
  registeredAt: orNull(value.recorded("When the tag was set")),
  statisticsUrl: text("Where the bot shows its figures", { format: "uri" }),
  shards: list(
    "Running proxies",
    object<ShownChannel["shards"][number]>("A proxy", {
      name: value.shardName(),
      tagSet: orNull(flag("It carries the tag; null when it does not answer")),
    }),
  ),
  live: orNull(flag("Every proxy that runs does what is wanted; null when nobody could tell")),
};
const advice = value.advice("Who sees the channel, and when");

const groupsChannel = object<GroupsChannel>("The channel of a group's own", {
  group: value.group(),
  people: count("How many of the group have a link"),
  ...channelFields,
});

const switchedRouting = shared<SwitchedRouting>(
  "switched-routing",
  object<SwitchedRouting>("How clients reach their shard now", {
    routing: choice("How", { direct: "each shard has a public port", edge: "HAProxy stands before them" }),
    changed: flag("False when it was so already"),
    live: flag("It is so; false for a dry run, and where it failed"),
    haproxyImage: text("Image of HAProxy", { minLength: 1 }),
    subnet: orNull(text("The shards' own IPv4 network; null in direct routing", { pattern: "^[0-9.]+/[0-9]+$" })),
    agents: count("Agents that run and tell HAProxy who is connecting"),
    toRun: list(
      "Commands that have to run beside HAProxy, as services do, and do not",
      text("A command", { minLength: 1 }),
    ),
    proved: count("Links that were proved with a handshake afterwards, one a port"),
  }),
);

const changedChannel = shared<ChangedChannel>(
  "changed-channel",
  object<ChangedChannel>("The promoted channel now", {
    ...channelFields,
    advice,
    group: maybe(value.group("Whose channel it is; absent for everybody's")),
    changed: flag("False when it was so already"),
    links: list("People who must get their new link", changedLink()),
  }),
);

const relayPorts = list("The relay's own", value.port());

const relayTarget = {
  host: value.server(),
  port: value.port(),
  weight: count("How many clients it gets, next to the others", { minimum: 1 }),
};

const relayFields: Fields<RelayState> = {
  folder: value.path("Where its files are"),
  image: text("Image of HAProxy", { minLength: 1 }),
  ports: relayPorts,
  running: flag("Its container runs"),
  version: orNull(text("HAProxy's own; null when it does not answer", { minLength: 1 })),
  targets: list(
    "Where clients are passed on to",
    object<TargetState>("A proxy server", {
      ...relayTarget,
      up: orNull(flag("It takes connections; null while nobody can tell")),
      connections: orNull(count("Clients that are passed on to it now; null while nobody can tell")),
    }),
  ),
};

export const settings = {
  "config show": value.settings(),
  "config set": changedSettings(),
  "set-port": changedSettings(),
  "set-host": changedSettings(),
  "set-workers": changedSettings(),
  "set-cover-site": changedSettings(),
  "relay render": object<RenderedRelay>("What a relay on another server runs from", {
    folder: value.path("Where it was written"),
    ports: relayPorts,
    targets: list("Where clients are passed on to", object<RelayTarget>("A proxy server", relayTarget)),
    files: list("Every file of it", value.path()),
  }),
  "relay start": object<StartedRelay>("The relay of this machine", {
    ...relayFields,
    changed: flag("False when all of it was so already"),
  }),
  "relay stop": object<StoppedRelay>("A relay that was taken away", {
    folder: value.path("Where its files are, or were"),
    changed: flag("False when none ran"),
    purged: flag("Its files are gone"),
  }),
  "relay status": object<RelayState>("The relay of this machine", relayFields),
  "enable-haproxy-routing": switchedRouting(),
  "disable-haproxy-routing": switchedRouting(),
  "setup-promoted-channel": changedChannel(),
  "set-promoted-channel": changedChannel(),
  "show-promoted-channel": object<ShownChannels>("The promoted channels", {
    ...channelFields,
    advice,
    groups: list("Groups that have, or had, one of their own", groupsChannel),
  }),
  "remove-promoted-channel": changedChannel(),
};
