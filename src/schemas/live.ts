import type { Applied } from "../app/live/applied.ts";
import type { SwitchedService } from "../app/live/run-service.ts";
import type { ShownPlan, ShownShard } from "../app/live/show-plan.ts";
import type { Ticked } from "../app/live/tick.ts";
import type { Verified, VerifiedLink } from "../app/people/verify-links.ts";
import type { RefreshedConfig } from "../app/telegram-config/refresh-config.ts";
import type { LinkAttempt } from "../ports.ts";
import { choice, count, flag, list, maybe, measure, object, orNull, shared, text } from "./schema.ts";
import * as value from "./values.ts";

/** Commands that make live what is saved, and those that prove it. */

const haproxyChange = choice(
  "What would happen to HAProxy; null without HAProxy routing, where it does not answer, and once it is done",
  {
    start: "it does not run and is started",
    replace: "its container is made anew, which cuts everybody once",
    keys: "the agents learn who is let in, and what others have open is closed",
    reload: "it reads its configuration anew, and every connection stays",
    update: "its entries of people are changed while it runs",
    none: "nothing",
  },
);

const applied = shared<Applied>(
  "applied",
  object<Applied>("What was done, or would be", {
    changes: list("Shard by shard", value.shardChange()),
    cost: value.planCost(),
    revocations: list("Who must lose access with this", value.revocation()),
    moves: list("Whose link changes with this", value.move()),
    haproxy: orNull(haproxyChange),
    applied: flag("It is done; false for a dry run, and where it failed"),
  }),
);

const shownShard = object<ShownShard>("A shard as it shall be", {
  shardId: value.shardId(),
  port: value.port("Its public port"),
  family: value.family(),
  coverDomains: list("Sites it imitates; strangers see the first", value.domain()),
  group: maybe(value.group("The group that it is kept for; absent for the others'")),
  assignedSlots: count("Keys that somebody has"),
  spareSlots: count("Keys for those who come next, without a restart"),
});

const plan = object<ShownPlan>("What applying would change", {
  pending: flag("Something would change"),
  shards: list("All shards", shownShard),
  changes: list("What happens to each", value.shardChange()),
  cost: value.planCost(),
  revocations: list("Who must lose access", value.revocation()),
  moves: list("Whose link changes", value.move()),
  haproxy: orNull(haproxyChange),
  formerEngine: orNull(
    value.engineName("It served this home before, and what it may still run is ended; null for none"),
  ),
});

const ticked = object<Ticked>("What time has brought", {
  expired: list("People whose links have ended with this", value.userName()),
  overlapsEnded: list("People whose old links have ended with this; the new ones go on working", value.userName()),
  applied: flag("Processes were changed"),
  retryAt: value.instantOrNull("An apply failed lately and is not tried again before; null otherwise"),
});

const attempt = object<LinkAttempt>("One handshake as a client makes it", {
  hello: maybe(
    choice("Size of a fake-TLS client's first message; absent for plain and padded links", {
      short: "517 bytes, as older apps send",
      long: "about 1,750 bytes, as current apps send",
    }),
  ),
  ok: flag("Telegram answered through the proxy"),
  milliseconds: measure("Milliseconds from connecting to the answer, or to the fault"),
  fault: maybe(
    choice("What is wrong; absent when nothing is", {
      unresolved: "the server's name has no address",
      "port-closed": "nothing listens there",
      timeout: "nothing came back in time",
      "key-not-live": "the proxy does not take the key",
      "still-live": "a link that is meant to be dead works",
      "long-hello-refused": "the proxy's binary is too old for current apps",
      "upstream-not-ready": "the proxy has no way to Telegram",
      clock: "the clocks differ too much",
      protocol: "something else answers there",
    }),
  ),
  reason: maybe(text("A sentence for the admin; absent when nothing is wrong")),
});

const verifiedLink = object<VerifiedLink>("Result for one link; says nothing of its key", {
  name: text('A person\'s name, id of a shared secret, or "link 1" … for links that were given', { minLength: 1 }),
  until: value.instantOrNull("The link was replaced and works beside the new one until then; null for any other"),
  mode: value.mode(),
  domain: orNull(value.domain("Cover domain; null unless the mode is fake-tls")),
  server: value.server(),
  port: value.port(),
  ok: flag("Every attempt worked"),
  attempts: list("One, or for fake-TLS one for each size of hello", attempt),
});

const verified = object<Verified>("Links that were proved", {
  links: list("One by one", verifiedLink),
  working: count("How many work"),
  failing: count("How many do not"),
  disabled: list("People whose links are meant to be dead, and were not tried", value.userName()),
});

const switched = object<SwitchedService>("What was done to the processes", {
  done: choice("What", { stopped: "", restarted: "", nothing: "there was nothing to do, or it was a dry run" }),
  shards: list("To which", value.shardName()),
});

const refreshed = object<RefreshedConfig>("Telegram's two files", {
  changed: flag("A file, or what a proxy runs with, is not what it was"),
  files: list(
    "Those that were fetched",
    object<RefreshedConfig["files"][number]>("A file", {
      name: choice<string>("Which", { "proxy-secret": "", "proxy-multi.conf": "" }),
      changed: flag("It is another one than before"),
      source: text("Host and path of the URL, or the path of the file"),
    }),
  ),
  shards: list(
    "What was done to proxies, or would be",
    object<RefreshedConfig["shards"][number]>("A proxy", {
      name: value.shardName(),
      how: choice("How it gets the files", {
        reload: "it reads them again, nobody is cut",
        restart: "it starts anew",
        replace: "another instance starts beside it and takes over, nobody is cut",
        write: "it is stopped and reads them when it starts",
      }),
    }),
  ),
});

export const live = {
  plan,
  apply: applied(),
  start: applied(),
  stop: switched,
  restart: switched,
  tick: ticked,
  verify: verified,
  "refresh-config": refreshed,
};
