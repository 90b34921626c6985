import type { SiteChoice } from "../domain/cover-site.ts";
import type { PlanCost, ShardChange } from "../domain/plan/changes.ts";
import type { Revocation } from "../domain/plan/revoked.ts";
import type { PortRange } from "../domain/port.ts";
import type { Mode } from "../domain/secret.ts";
import type { EngineName, Settings } from "../domain/settings.ts";
import type { ModeFamily, Move } from "../domain/shard.ts";
import {
  choice,
  count,
  either,
  flag,
  instant,
  list,
  maybe,
  measure,
  object,
  orNull,
  record,
  type Schema,
  shared,
  text,
} from "./schema.ts";

/** What several commands speak of, in the words of the whole product. */

export const userName = shared(
  "user-name",
  text("Name of a person; unique without regard to case", { pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$" }),
);

/** Of lists: somebody whose name this product would refuse is listed all the same. */
export const listedName = shared("listed-name", text("Name of a person as it stands in users.json", { minLength: 1 }));

export const holder = shared(
  "holder",
  text('Who has a key: a person\'s name, or "*" for the shared secrets, which belong to nobody', { minLength: 1 }),
);

export const secretId = shared(
  "secret-id",
  text("Id of a shared secret; stays when the list changes, changes with its key", { pattern: "^s[0-9a-f]{6}$" }),
);

export const mode = shared<Mode>(
  "mode",
  choice("How a client talks to the proxy", {
    plain: "no padding, for very old apps",
    padded: "random padding (dd); every official app",
    "fake-tls": "inside what looks like TLS to a cover domain (ee)",
  }),
);

export const family = shared<ModeFamily>(
  "family",
  choice("What a shard serves", {
    obfuscated: "plain and padded links",
    "fake-tls": "fake-TLS links",
    any: "all of them (trial engine)",
  }),
);

export const engineName = shared<EngineName>(
  "engine",
  choice("What runs the shards", {
    docker: "Telegram's C proxy in containers",
    trial: "this product's own proxy, for a first look",
  }),
);

export const domain = shared(
  "domain",
  text("Host name in lower-case ASCII (IDN as punycode), no final dot", {
    maxLength: 216,
    pattern: "^[a-z0-9-]{1,63}(\\.[a-z0-9-]{1,63})+$",
  }),
);

export const server = shared(
  "server",
  text("Host name or address that links name; IPv6 without brackets", { minLength: 1 }),
);

export const ipv4 = shared("ipv4", text("IPv4 address", { format: "ipv4" }));

export const port = shared("port", count("TCP port", { minimum: 1, maximum: 65_535 }));

export const maskedSecret = shared(
  "masked-secret",
  text("A secret of which a person can see which one it is and nobody can use: the middle of the key is left out", {
    pattern: "^(dd|ee)?[0-9a-f]{4}\\.\\.\\.[0-9a-f]+$",
  }),
);

const SECRET = "([0-9a-f]{32}|dd[0-9a-f]{32}|ee[0-9a-f]{34,})";

export const wholeSecret = shared(
  "secret",
  text("A whole secret as clients get it, hex: the key alone (plain), dd + key, or ee + key + cover domain. Lets in", {
    pattern: `^${SECRET}$`,
  }),
);

export const tgLink = shared(
  "tg-link",
  text("Opens the app without a web page. Holds the key: whoever has it gets in", {
    pattern: `^tg://proxy\\?server=[^&]+&port=[0-9]+&secret=${SECRET}$`,
  }),
);

export const tmeLink = shared(
  "tme-link",
  text("The same link for places that make only web links clickable. Holds the key", {
    pattern: `^https://t\\.me/proxy\\?server=[^&]+&port=[0-9]+&secret=${SECRET}$`,
  }),
);

export const path = shared("path", text("Absolute path on the server", { pattern: "^/" }));

export const shardId = shared(
  "shard-id",
  count("Number of a shard: 1, 2, 3 …; stays while the shard exists", { minimum: 1 }),
);

export const shardName = shared(
  "shard-name",
  text("Name of a shard's container or process", { pattern: "^familytraffic-mtproxy(-[0-9]+)?$" }),
);

export const group = shared("group", text("People who are promoted a channel of their own", { minLength: 1 }));

export const advice = (description: string) => list(description, text("A sentence", { minLength: 1 }));

export const proxyTag = shared(
  "proxy-tag",
  text("@MTProxybot's tag for this proxy: 32 hex digits", { pattern: "^[0-9a-f]{32}$" }),
);

export const planCost = shared<PlanCost>(
  "plan-cost",
  object<PlanCost>("What the machine pays once the plan is applied", {
    restarts: count("Running shards that are restarted; each cuts its clients for under a second"),
    connectionsCut: count("Clients with a live session that are cut"),
    processes: count("Proxy processes afterwards"),
    memoryBytes: count("Resident memory of these while idle, bytes"),
    idleCpuPercent: measure("What these take while idle, % of one core"),
  }),
);

export const shardChange = shared<ShardChange>(
  "shard-change",
  object<ShardChange>("What happens to one shard", {
    shardId: shardId(),
    name: shardName(),
    port: maybe(port("Its public port; absent for a shard that is removed")),
    action: choice("What is done", {
      create: "it is new",
      restart: "its process starts anew",
      replace: "another instance takes its place, and nobody is cut",
      defer: "it serves everybody whom it shall, and is replaced within minutes",
      start: "it was stopped",
      update: "it takes the change without a restart",
      remove: "it goes",
      none: "it stays as it is",
    }),
    reasons: list("Why", text("A sentence", { minLength: 1 })),
    connectionsCut: maybe(count("Clients with a live session that are cut; absent where nobody can tell")),
  }),
);

export const revocation = shared<Revocation>(
  "revocation",
  object<Revocation>("A key that was taken away and still lets in until the change is live", {
    holder: holder(),
    shardId: shardId(),
  }),
);

export const move = shared<Move>(
  "move",
  object<Move>("Somebody whose link names another port", {
    holder: holder(),
    fromPort: port("The port before"),
    toPort: port("The port now"),
  }),
);

const patience: Schema<number> = {
  json: {
    type: "number",
    minimum: 1,
    maximum: 300,
    description: "Seconds after which the site closes a connection that says nothing",
  },
};

const siteChoice = shared(
  "cover_site",
  either(
    object<Extract<SiteChoice, { kind: "page" }>>("A page that HAProxy serves itself", {
      kind: choice("What it is", { page: "" }),
      certificate: path("PEM: the certificate, and those between it and a known authority"),
      key: path("PEM: its private key"),
      page: maybe(path("HTML that is shown")),
    }),
    either(
      object<Extract<SiteChoice, { kind: "server" }>>("Another web server", {
        kind: choice("What it is", { server: "" }),
        address: ipv4("Its address"),
        port: port("Its port"),
        patience: maybe(patience),
      }),
      object<Extract<SiteChoice, { kind: "domains" }>>("The cover domains themselves", {
        kind: choice("What it is", { domains: "" }),
        patience: maybe(patience),
      }),
    ),
  ),
);

export const settings = shared<Settings>(
  "settings",
  object<Settings>("Everything an admin chooses, as in mtproxy_config.json", {
    port: port("Public port of the first shard"),
    portRange: object<PortRange>("Where further shards find their ports, both included", {
      first: port(),
      last: port(),
    }),
    publicHost: server(),
    egressIpv4: maybe(ipv4("Address from which Telegram sees this server, when it is not public_host")),
    workers: count("Worker processes a shard; 0 serves in one process", { maximum: 256 }),
    engine: engineName(),
    routing: choice("How clients reach their shard", {
      direct: "each shard has a public port",
      edge: "HAProxy on one port",
    }),
    haproxyImage: text("Image of HAProxy, for edge routing", { minLength: 1 }),
    edgeSubnet: maybe(text("IPv4 network of the shards in edge routing", { pattern: "^[0-9.]+/[0-9]+$" })),
    maxConnectionsPerSource: count("Edge routing: connections at a time from one address", { minimum: 1 }),
    addressWindow: count("Edge routing: seconds that an address counts after it was last seen", { minimum: 1 }),
    drainSeconds: count("Edge routing: seconds that connections of a replaced process may go on"),
    coverSite: maybe(siteChoice("Edge routing: what strangers see")),
    relays: list("Edge routing: addresses of relays", text("Address")),
    sourceListMode: choice("Edge routing: what source_list means", {
      off: "nothing",
      allow: "nobody else gets to the proxies",
      block: "these do not get to the proxies",
    }),
    sourceList: list("Edge routing: addresses and networks", text("ADDRESS or ADDRESS/BITS")),
    logAddresses: choice("Edge routing: how much of clients' addresses the log of connections tells", {
      full: "all; fail2ban needs it",
      truncated: "24 bits of an IPv4 address, 48 of an IPv6 address",
      off: "nothing",
    }),
    image: text("Image that holds the C proxy, by name, tag or digest", { minLength: 1 }),
    defaultMode: mode("Mode of people who are added without one"),
    defaultCoverDomain: maybe(domain("Cover domain of bare --fake-tls; the first of the list when absent")),
    maxConnections: count("Connections a shard shall take, where the host allows", { minimum: 1 }),
    statsPort: port("Port of /stats inside a shard's network"),
    proxySecretUrls: list("Where proxy-secret is downloaded, in the order they are tried", url()),
    proxyConfigUrls: list("Where proxy-multi.conf is downloaded, in the order they are tried", url()),
    usersLock: path("Lock that the VLESS stack takes around users.json"),
    usersWrite: choice("How users.json is replaced", {
      auto: "in place while a container has it mounted, by rename otherwise",
      "in-place": "always in place",
      rename: "always by rename",
    }),
    dockerFirewall: flag("UFW's route rules count for the ports that our containers publish"),
    statsApi: flag("The daemon serves figures on loopback: API, metrics, dashboard"),
    statsApiPort: port("Port of the stats API on 127.0.0.1 and ::1"),
    statsApiOrigin: text("Origin of another page that may ask the stats API; empty for none"),
    statsApiToken: flag("Whoever asks the stats API must have the token"),
    metricsUsers: count("People with series of their own in /metrics"),
    trialDatacenters: maybe(
      record(
        "Telegram datacenters of the trial engine, by their numbers",
        "^-?[0-9]+$",
        text("host:port", { pattern: ":[0-9]+$" }),
      ),
    ),
    createdAt: maybe(recorded("When the home was set up")),
  }),
);

function url() {
  return text("URL", { format: "uri", pattern: "^https?://" });
}

/** Nothing depends on it, so a file may say anything. */
export function recorded(description: string) {
  return text(`${description} (ISO 8601, unless another program wrote it down: then as it stands in the file)`);
}

export const instantOrNull = (description: string) => orNull(instant(description));
