import type { Account } from "../account.ts";
import type { ProxyStats, UserStats } from "../proxy-stats.ts";
import type { PassingRefusals } from "../refusals.ts";
import type { ResourceUse } from "../resource-use.ts";
import type { Routing } from "../settings.ts";
import type { Side } from "../shard.ts";
import type { User } from "../user.ts";
import type { QuotaPeriod } from "../user-limits.ts";
import type { HostFigures } from "./snapshot.ts";

/** Everything that one look of the collector saw, before anything is made of it. */
export interface Sight {
  readonly at: Date;
  /** Seconds since the look before, as a clock counts them that nobody sets; null at the first look of this process. */
  readonly elapsed: number | null;
  readonly routing: Routing;
  /** Undefined when the engine could not be asked. */
  readonly shards: readonly ShardSight[] | undefined;
  readonly people: PeopleSight;
  /** Null where nothing is routed. */
  readonly edge: EdgeSight | null;
  /** Undefined when the engine could not tell. */
  readonly resources: readonly ResourceUse[] | undefined;
  readonly host: HostFigures;
}

/** One shard: a second instance drains in edge routing, and counts too. */
export interface ShardSight {
  readonly id: number;
  readonly name: string;
  readonly kind: string;
  readonly port: number;
  /** Of both; the one that serves is the first. */
  readonly instances: readonly InstanceSight[];
}

export interface InstanceSight {
  readonly side: Side;
  /** The engine's. */
  readonly id: string;
  readonly running: boolean;
  /** Undefined when it does not answer. */
  readonly stats: ProxyStats | undefined;
}

export interface PeopleSight {
  readonly users: readonly User[];
  readonly refusals: PassingRefusals;
  readonly traffic: LedgerSight | EngineSight | NoSight;
  /** Unix milliseconds, ever, by person; what this look itself shows is not among it. */
  readonly lastSeen: Readonly<Record<string, number>>;
  /** Distinct ones since midnight UTC, by person; null where nobody knows where people come from. */
  readonly households: Readonly<Record<string, number>> | null;
}

/** The daemon's ledger, kept from HAProxy's counters and records. */
export interface LedgerSight {
  readonly from: "ledger";
  readonly accounts: ReadonlyMap<string, Account>;
  /** Connections by account; undefined when HAProxy did not tell. */
  readonly open: Readonly<Record<string, number>> | undefined;
  /** Of those that were open at the look before: how many have ended since, with a record, by account. */
  readonly ended: Readonly<Record<string, number>>;
  /** HAProxy's workers by their marks; none as long as not all records from before are read. */
  readonly workers: readonly string[];
  used(account: string, period: QuotaPeriod): number;
}

/** The engine tells people apart, and counts anew with each process. */
export interface EngineSight {
  readonly from: "engine";
  /** Of the process. */
  readonly start: string;
  /** Undefined when it does not run or does not answer. */
  readonly users: readonly UserStats[] | undefined;
  readonly running: boolean;
}

/** Nobody tells people apart. */
export interface NoSight {
  readonly from: "nobody";
  readonly why: string;
}

export interface EdgeSight {
  /** Whether HAProxy runs; undefined when nobody could tell. */
  readonly running: boolean | undefined;
  readonly connections: number | null;
  readonly uptimeSeconds: number | null;
  readonly oldWorkers: number | null;
  /** Of the worker that takes new connections; another one after a reload. */
  readonly worker: number | null;
  /** Agents that answer. */
  readonly agents: number;
  /** Connections that ended since the look before. */
  readonly verdicts: Readonly<Record<string, number>>;
}
