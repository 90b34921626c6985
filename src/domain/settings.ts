import type { LoggedAddresses } from "./connection-log.ts";
import type { SiteChoice } from "./cover-site.ts";
import type { PortRange } from "./port.ts";
import type { Mode } from "./secret.ts";
import type { SourceListMode } from "./source-rule.ts";

export type EngineName = "docker" | "trial";
export type Routing = "direct" | "edge";

/** config/mtproxy/mtproxy_config.json: everything an admin chooses. In the file the names are snake_case. */
export interface Settings {
  /** First shard's public port. */
  readonly port: number;
  /** Where further shards find theirs. */
  readonly portRange: PortRange;
  /** Host name or address that links name. */
  readonly publicHost: string;
  /** The IPv4 address from which Telegram sees this server, when it is not publicHost: the right half of `--nat-info`. */
  readonly egressIpv4?: string;
  /** `-M`: 0 serves in one process; more loses byte counters and checks replays per worker. 0–256. */
  readonly workers: number;
  readonly engine: EngineName;
  readonly routing: Routing;
  /** Image of the HAProxy that stands before the shards in edge routing; 2.6, 2.8, 3.0 and 3.2 are known to work. */
  readonly haproxyImage: string;
  /** IPv4 network that the shards have for themselves in edge routing, `ADDRESS/BITS`; found when edge routing is enabled. */
  readonly edgeSubnet?: string;
  /** Edge routing: connections at a time that one source address may have. */
  readonly maxConnectionsPerSource: number;
  /** Edge routing: seconds that an address counts as one of its user's after it was last seen. */
  readonly addressWindow: number;
  /** Edge routing: seconds that connections of a replaced instance may go on before it is stopped. */
  readonly drainSeconds: number;
  /** Edge routing: what strangers see; the cover domains themselves when absent. */
  readonly coverSite?: SiteChoice;
  /** Edge routing: addresses of relays, whose word for where a client comes from is taken. */
  readonly relays: readonly string[];
  /** Edge routing: addresses and networks, `ADDRESS` or `ADDRESS/BITS`, and whether only they or all but they get to the proxies. */
  readonly sourceListMode: SourceListMode;
  readonly sourceList: readonly string[];
  /** Edge routing: how much of clients' addresses the log of connections tells; fail2ban needs all of it. */
  readonly logAddresses: LoggedAddresses;
  /** Image that holds the C proxy. */
  readonly image: string;
  /** Mode of a user who is added without saying one. */
  readonly defaultMode: Mode;
  /** Cover domain of bare `--fake-tls`; the first of the whitelist when absent. */
  readonly defaultCoverDomain?: string;
  /** Connections per shard that are wanted; fewer where the host allows fewer. */
  readonly maxConnections: number;
  /** Inside a shard's network namespace. */
  readonly statsPort: number;
  /** Where proxy-secret is downloaded, mirrors in the order they are tried. */
  readonly proxySecretUrls: readonly string[];
  /** Where proxy-multi.conf is downloaded, mirrors in the order they are tried. */
  readonly proxyConfigUrls: readonly string[];
  /** The lock that the VLESS stack's scripts take around users.json. */
  readonly usersLock: string;
  /** `auto` replaces users.json in place while a container has it bind-mounted and by rename otherwise. */
  readonly usersWrite: "auto" | "in-place" | "rename";
  /** UFW's rules for forwarded connections count for the ports that our containers publish, which are open whatever they say otherwise. */
  readonly dockerFirewall: boolean;
  /** The daemon serves figures on loopback: API, metrics, dashboard. */
  readonly statsApi: boolean;
  /** Of 127.0.0.1 and ::1. */
  readonly statsApiPort: number;
  /** Origin of another page that may ask too, `https://panel.example.com`; empty for none. */
  readonly statsApiOrigin: string;
  /** Whoever asks must have the token; without it no link is shown. */
  readonly statsApiToken: boolean;
  /** People with series of their own in /metrics. */
  readonly metricsUsers: number;
  /** Telegram datacenters that the trial engine connects to instead of those it ships with: id → host:port. */
  readonly trialDatacenters?: Readonly<Record<string, string>>;
  /** ISO 8601. */
  readonly createdAt?: string;
}

export const defaultSettings: Settings = {
  port: 8443,
  portRange: { first: 8444, last: 9467 },
  publicHost: "",
  workers: 0,
  engine: "docker",
  routing: "direct",
  haproxyImage: "haproxy:3.0",
  maxConnectionsPerSource: 100,
  addressWindow: 86_400,
  drainSeconds: 600,
  relays: [],
  sourceListMode: "off",
  sourceList: [],
  logAddresses: "full",
  image: "ghcr.io/getpagespeed/mtproxy",
  defaultMode: "padded",
  maxConnections: 8000,
  statsPort: 8888,
  proxySecretUrls: ["https://core.telegram.org/getProxySecret"],
  proxyConfigUrls: ["https://core.telegram.org/getProxyConfig"],
  usersLock: "/var/lock/familytraffic_users.lock",
  usersWrite: "auto",
  dockerFirewall: false,
  statsApi: false,
  statsApiPort: 8889,
  statsApiOrigin: "",
  statsApiToken: true,
  metricsUsers: 1000,
};

/** What the spec says of workers (§5): kept beside the setting so that every writer warns in the same words. */
export function workerWarnings(workers: number, hasFakeTls: boolean): string[] {
  const warnings: string[] = [];
  if (workers > 1)
    warnings.push(`${workers} workers: byte counters are lost and the 16 keys are checked in each of them`);
  if (workers >= 1 && hasFakeTls)
    warnings.push("with workers a replayed fake-TLS hello is only noticed by the worker that saw it first");
  return warnings;
}
