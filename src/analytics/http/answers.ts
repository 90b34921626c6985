import type { RevealedLink } from "../../app/stats-api/reveal-link.ts";
import type { ErrorKind } from "../../domain/errors.ts";
import type {
  ClientSighting,
  HistoryEvent,
  HistoryPoint,
  Resolution,
  SeriesKind,
} from "../../domain/numbers/history.ts";
import type {
  EdgeFigures,
  HostFigures,
  ShardFigures,
  SharedFigures,
  UserFigures,
} from "../../domain/numbers/snapshot.ts";
import type { Routing } from "../../domain/settings.ts";
import type { UserLimits } from "../../domain/user-limits.ts";

/**
 * What the API answers, as JSON with its fields in snake_case (`usersNote` is `users_note` there). Null is "not known", never zero.
 * src/analytics/http/schemas/ says of each field what it means; /api/openapi.json is made from that.
 */

/** The word of the original requirements where nobody can tell; `usersNote` says why. */
export type NotKnown = "N/A";

/** `GET /api/stats`, and the data of each `look` of `GET /api/events`. */
export interface StatsAnswer {
  readonly mtproxy: MtproxyStats;
  readonly users: readonly UserStats[];
  /** All shared secrets together; null where nobody used one, or nobody tells people apart. */
  readonly shared: SharedFigures | null;
  readonly usersNote: string | null;
  readonly shards: readonly ShardFigures[];
  readonly edge: EdgeFigures | null;
  readonly resources: ResourceStats;
  readonly host: HostFigures;
  /** ISO 8601: when the collector looked. */
  readonly timestamp: string;
}

export interface MtproxyStats {
  readonly activeConnections: number | null;
  readonly totalConnections: number;
  readonly uptimeSeconds: number | null;
  readonly running: boolean | null;
  readonly routing: Routing;
}

export interface UserStats {
  readonly username: string;
  readonly mtproxyEnabled: boolean;
  readonly connections: number | NotKnown;
  /** ISO 8601; null for never. */
  readonly lastSeen: string | null | NotKnown;
  readonly refusal: string | null;
  readonly totalConnections: number | null;
  readonly bytesIn: number | null;
  readonly bytesOut: number | null;
  readonly usedBytes: number | null;
  readonly addressesToday: number | null;
  readonly limits: UserLimits | null;
  readonly expiresAt: string | null;
}

/** A MB is 1,000,000 bytes. */
export interface ResourceStats {
  readonly cpuPercent: number | null;
  readonly memoryMb: number | null;
  readonly networkRxMb: number | null;
  readonly networkTxMb: number | null;
  readonly memoryBytes: number | null;
  readonly networkRxBytes: number | null;
  readonly networkTxBytes: number | null;
}

/** `GET /api/users` */
export interface UsersAnswer {
  readonly users: readonly UserFigures[];
  readonly shared: SharedFigures | null;
  readonly usersNote: string | null;
  readonly timestamp: string;
}

/** `GET /api/users/{name}` */
export interface UserAnswer {
  readonly user: UserFigures;
  readonly usersNote: string | null;
  /** Of the last 30 days, one a day on which they came; null where history cannot be read. */
  readonly households: readonly DayHouseholds[] | null;
  /** Of the last 30 days; null where history cannot be read. */
  readonly apps: readonly AppSighting[] | null;
  /** Why there is no history; null where there is. */
  readonly historyNote: string | null;
  readonly timestamp: string;
}

export interface DayHouseholds {
  /** `2026-11-21`, UTC. */
  readonly day: string;
  readonly households: number;
}

export type AppSighting = Omit<ClientSighting, "user">;

/** `GET /api/history?kind=user&name=alice&since=7d` */
export interface HistoryAnswer {
  readonly kind: SeriesKind;
  readonly name: string;
  /** Unix milliseconds. */
  readonly since: number;
  readonly until: number;
  readonly resolution: Resolution;
  /** Seconds that a bucket has. */
  readonly step: number;
  /** Ascending. A bucket without traffic is there with zeros; one that nobody watched is missing. */
  readonly points: readonly HistoryPoint[];
}

/** `GET /api/history/users?since=30d`: the busiest first. */
export interface HistoryUsersAnswer {
  readonly since: number;
  readonly until: number;
  readonly users: readonly UserSumsAnswer[];
}

export interface UserSumsAnswer {
  readonly name: string;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly opened: number;
  readonly mostActive: number | null;
  /** Unix milliseconds, ever. */
  readonly lastSeen: number | null;
}

/** `GET /api/history/events?limit=50`: the newest first. */
export interface HistoryEventsAnswer {
  readonly events: readonly HistoryEvent[];
}

/** `GET /api/health`: status 200, or 503 when `ok` is false. */
export interface HealthAnswer {
  readonly ok: boolean;
  /** Why it is not, in sentences; none when it is well. */
  readonly problems: readonly string[];
  /** What else is amiss. */
  readonly warnings: readonly string[];
  readonly version: string;
  /** ISO 8601: the last look of the collector; null before the first one. */
  readonly lookedAt: string | null;
  readonly ageSeconds: number | null;
  /** ISO 8601: since when this API serves. */
  readonly since: string;
}

/** `GET /api/users/{name}/link`: the one answer with a key in it. Only where a token is asked for. */
export interface LinkAnswer extends RevealedLink {
  /** Why the link does not work now, though it is enabled. */
  readonly refusal: string | null;
}

/** With every status from 400. */
export interface ErrorAnswer {
  readonly error: {
    readonly kind: ApiErrorKind;
    readonly message: string;
    readonly hint: string | null;
  };
}

export type ApiErrorKind = ErrorKind | "unauthorized" | "forbidden" | "method" | "too-many" | "not-ready";
