import type { ImageList, ListedImage } from "../app/images/list-images.ts";
import type { UsedImage } from "../app/images/use-image.ts";
import type { InstalledServer } from "../app/setup/install-server.ts";
import type { HostPartState } from "../app/setup/set-up-host.ts";
import type { Remnant, Uninstalled } from "../app/setup/uninstall.ts";
import type { ImageVerdict } from "../domain/engine-facts.ts";
import type { HostEntry, HostPart } from "../domain/host-record.ts";
import { addedUser } from "./people.ts";
import { choice, count, flag, list, maybe, object, orNull, shared, text } from "./schema.ts";
import * as value from "./values.ts";

/** Commands that set up the machine, and those about images. */

export const hostPart = shared<HostPart>(
  "host-part",
  choice("What setup puts on the machine outside the home", {
    firewall: "a rule of UFW",
    "docker-firewall": "rules that let UFW's count for what Docker publishes",
    edge: "services that HAProxy's routing needs: the agents and the daemon",
    "stats-api": "the daemon as a service, where HAProxy's routing does not bring it along",
    timer: "systemd's timers, or cron's file",
    logrotate: "its file",
    fail2ban: "a filter and a jail",
    commands: "links in /usr/local/bin",
    completion: "what Tab asks, in each shell",
    man: "the manual pages",
  }),
);

const setup = object<InstalledServer>("The server as it is set up", {
  home: value.path("Where everything is kept"),
  settings: value.settings(),
  repeated: flag("It was set up before"),
  running: flag("A proxy runs with these settings"),
  replaces: orNull(value.engineName("Engine that served before and is ended with this")),
  firstUser: orNull(addedUser("With the link that they are given; null when none was named")),
  host: list(
    "What is on the machine outside the home, and what is not",
    object<HostPartState>("A part", { part: hostPart(), installed: flag("It is there") }),
  ),
});

const hostEntry = object<HostEntry>("One thing that setup put there", {
  part: hostPart(),
  kind: choice("What it is", { timer: "", chain: "", rule: "", route: "", file: "", link: "", folder: "" }),
  what: text("Path of a file or link, name of a timer's unit, a rule as 8443/tcp", { minLength: 1 }),
});

const uninstalled = object<Uninstalled>("What an uninstall takes away", {
  home: value.path("Where everything is kept"),
  purge: flag("The home goes too, with every key: no link works ever again"),
  proxies: list(
    "Processes that end",
    object<Uninstalled["proxies"][number]>("Those of an engine", {
      engine: value.engineName(),
      names: orNull(list("Null while the engine cannot be reached", text("Name of a container or process"))),
    }),
  ),
  host: list("What is removed from the machine", hostEntry),
  users: count("People who have a link"),
  sharesHome: flag("A VLESS stack lives in the home: its files stay"),
  done: flag("It is done; false for a dry run, and where the question was answered with no"),
  left: list("What is left in the home", text("Path relative to it")),
  stays: list(
    "What could not be removed",
    object<Remnant>("Something", { what: text("What it is"), next: text("Command that removes it") }),
  ),
});

const verdict = shared<ImageVerdict["verdict"]>(
  "image-verdict",
  choice("What an image is fit for", {
    good: "every link",
    "padded-only": "padded and plain links",
    unusable: "nothing",
  }),
);

const imageName = (description: string) => text(description, { minLength: 1 });

const probed = object<ImageVerdict>("What the binary in an image can do, found out by running it", {
  image: imageName("Name that was probed"),
  imageId: text("Which image exactly", { pattern: "^sha256:[0-9a-f]{64}$" }),
  digest: maybe(text("name@sha256:… of one that came from a registry", { pattern: "@sha256:[0-9a-f]{64}$" })),
  binary: text("Path of the binary inside the image"),
  version: text("The version words it prints"),
  compiledAt: maybe(text("Day it was compiled, as in 2025-11-18, where it prints that", { format: "date" })),
  commit: maybe(text("Commit it was built from, where it prints one")),
  fakeTls: flag("It serves fake-TLS"),
  httpStats: flag("It has /stats"),
  longHello: flag("It takes the first message that current apps send"),
  reloads: flag("It reads Telegram's addresses again without a restart"),
  openFilesLimit: count("Open files that a container gets here when it asks for none"),
  verdict: verdict(),
  reasons: value.advice("Why"),
});

const imageList = object<ImageList>("Images of the C proxy", {
  images: list(
    "The one in use and those that are published",
    object<ListedImage>("An image", {
      image: imageName("Its name"),
      inUse: flag("The proxies run with it"),
      here: orNull(flag("It is on this host; null when Docker cannot be asked")),
      verdict: orNull(verdict("Null for one that was never probed")),
      digest: orNull(text("Which one exactly, as a registry knows it")),
      note: text("What is known of it"),
    }),
  ),
});

const usedImage = object<UsedImage>("The image that is used now", {
  image: imageName("Its name"),
  digest: orNull(text("Which one exactly, as a registry knows it; null for one that was made here")),
  verdict: verdict(),
  reasons: value.advice("Why"),
  previous: imageName("The image before"),
  changed: flag("False when this very image was in use already"),
  live: flag("The proxies run with it"),
  proved: count("Links that were proved with it: one a shard"),
});

export const machine = {
  setup: orNull(setup),
  uninstall: uninstalled,
  "image probe": probed,
  "image list": imageList,
  "image use": usedImage,
};
