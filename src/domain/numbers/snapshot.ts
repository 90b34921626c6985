import type { Routing } from "../settings.ts";
import type { UserLimits } from "../user-limits.ts";

/**
 * Everything that is known at one instant: what the collector leaves behind after each look, and what API, metrics, dashboard and
 * terminal show. Null is "not known", never zero.
 */
export interface Snapshot {
  /** ISO 8601: when the collector looked. */
  readonly at: string;
  readonly routing: Routing;
  readonly proxy: ProxyFigures;
  readonly shards: readonly ShardFigures[];
  readonly users: readonly UserFigures[];
  /** Of all shared secrets together; null where nobody used one or nobody tells people apart, absent from an older daemon. */
  readonly shared?: SharedFigures | null;
  /** Why there are no figures of people; null where there are. */
  readonly usersNote: string | null;
  /** HAProxy before the shards; null where nothing is routed. */
  readonly edge: EdgeFigures | null;
  /** Of all containers of this home, or of the trial engine's process; null where nobody can tell. */
  readonly resources: ResourceFigures | null;
  readonly host: HostFigures;
}

export interface ProxyFigures {
  /** Null when the engine could not be asked. */
  readonly running: boolean | null;
  /** Clients with a live session: the sum of the shards' `ext_connections`; null when no shard answers. */
  readonly activeConnections: number | null;
  /** Sessions ever since the collector first looked: the sum of `ext_connections_created`, over restarts. */
  readonly totalConnections: number;
  /** Of the shard that runs longest; null when none runs. */
  readonly uptimeSeconds: number | null;
}

/** One shard; figures are null when it does not answer, or does not count. */
export interface ShardFigures {
  readonly id: number;
  readonly name: string;
  /** `padded`, `fake-tls`… as `plan` says it. */
  readonly kind: string;
  readonly port: number;
  readonly running: boolean;
  readonly activeConnections: number | null;
  /** Over restarts, since the collector first looked. */
  readonly totalConnections: number;
  /** Open sockets of clients, strangers too. */
  readonly openSockets: number | null;
  readonly uptimeSeconds: number | null;
  readonly readyTargets: number | null;
  readonly declaredTargets: number | null;
  /** Over all sockets, those to Telegram too; over restarts, since the collector first looked. Null with workers. */
  readonly bytesIn: number | null;
  readonly bytesOut: number | null;
  readonly memoryBytes: number | null;
}

/** One person. Everything but name and enabled is null without a proxy or HAProxy that tells people apart. */
export interface UserFigures {
  readonly name: string;
  readonly enabled: boolean;
  /** Why they are refused now (`expired`, `quota`); null when they are let in, or disabled by a command. */
  readonly refusal: string | null;
  /** Open now; one app opens about eight. */
  readonly connections: number | null;
  /** Ended ones and open ones, ever. */
  readonly totalConnections: number | null;
  /** From the person and to the person, ever, on the wire above TCP. The ledger's sums. */
  readonly bytesIn: number | null;
  readonly bytesOut: number | null;
  /** Both directions within the quota's period (the calendar month where there is no quota), UTC. */
  readonly usedBytes: number | null;
  /** ISO 8601: when a connection of theirs last opened, was open, or carried a byte; null when that was never seen. */
  readonly lastSeen: string | null;
  /** Distinct households (IPv4 address or IPv6 /64) since midnight UTC. */
  readonly addressesToday: number | null;
  readonly limits: UserLimits | null;
  /** ISO 8601. */
  readonly expiresAt: string | null;
}

/** As of one person. */
export type SharedFigures = Pick<
  UserFigures,
  "connections" | "totalConnections" | "bytesIn" | "bytesOut" | "usedBytes" | "lastSeen"
>;

export interface EdgeFigures {
  /** HAProxy runs: without it nobody gets in. Null where nobody can tell. */
  readonly running: boolean | null;
  /** Open now, of people and strangers. */
  readonly connections: number | null;
  readonly uptimeSeconds: number | null;
  readonly oldWorkers: number | null;
  /** Agents that answer, of two. */
  readonly agents: number;
  /** Connections that ended since the daemon first read HAProxy's log, by verdict (`ok`, `stranger`, …). */
  readonly verdicts: Readonly<Record<string, number>>;
}

export interface ResourceFigures {
  /** Of one core, since the look before; null at the first. */
  readonly cpuPercent: number | null;
  readonly memoryBytes: number;
  /** Over restarts, since the collector first looked; null on the host's network, where nobody counts. */
  readonly networkRxBytes: number | null;
  readonly networkTxBytes: number | null;
}

export interface HostFigures {
  /** Over 1, 5 and 15 minutes. */
  readonly load: readonly [number, number, number];
  readonly cores: number;
  readonly memoryBytes: number;
  readonly memoryFreeBytes: number;
  /** Of the file system that the home is on. */
  readonly diskBytes: number | null;
  readonly diskFreeBytes: number | null;
}
