import type { ErrorKind } from "../../domain/errors.ts";
import type { ProxyStats, UserStats } from "../../domain/proxy-stats.ts";

/** Questions to the background server: one line of JSON over a unix socket, answered by one line, then closed. */
export const controlCommands = ["status", "stats", "user-stats", "reload", "stop"] as const;
export type ControlCommand = (typeof controlCommands)[number];

export interface ServerStatus {
  readonly pid: number;
  readonly shardId: number;
  /** Of the configuration that the process runs with now. */
  readonly configDigest: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly port: number;
  readonly liveKeys: number;
  /** What an admin must know of this engine. */
  readonly notice: string;
  /** What happened since the start, by kind. */
  readonly events: Readonly<Record<string, number>>;
}

/** What each command is answered with. */
export interface ControlAnswers {
  readonly status: ServerStatus;
  readonly stats: ProxyStats;
  readonly "user-stats": readonly UserStats[];
  readonly reload: ServerStatus;
  readonly stop: ServerStatus;
}

export type ControlReply<T> =
  | { readonly ok: true; readonly data: T }
  | { readonly ok: false; readonly error: ControlError };

/** An AppError on its way to another process. */
export interface ControlError {
  readonly kind: ErrorKind;
  readonly message: string;
  readonly hint?: string;
}

export const notice =
  "the trial engine is for a first look and for tests, not for production; it carries no promoted channel";
