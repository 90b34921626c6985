import type {
  ClientSighting,
  DayOfUser,
  HistoryEntry,
  HistoryEvent,
  HistoryPoints,
  HistoryQuery,
  UserSums,
} from "./domain/numbers/history.ts";

/**
 * What was, on disk. One process writes (the daemon); any number reads meanwhile. Everything throws AppError: environment when the file
 * cannot be opened, read or written; conflict when a second process wants to write.
 */
export interface History extends HistoryReader {
  /**
   * Durable as a whole when this returns; after a crash it is there or not. What is too old goes by itself. When it throws (the disk is
   * full), nothing of the entry is kept: what it had belongs into the next one.
   */
  record(entry: HistoryEntry): Promise<void>;
  /** As the last entry left them; undefined at the very beginning. */
  counters(): Promise<unknown>;
}

export interface HistoryReader {
  points(query: HistoryQuery): Promise<HistoryPoints>;
  /** The same as JSON, with fields in snake_case: `{"resolution":"hour","points":[…]}`. For whoever passes them on as they are. */
  pointsText(query: HistoryQuery): Promise<string>;
  /** The busiest first. Unix milliseconds. */
  users(since: number, until: number): Promise<UserSums[]>;
  /** Of everybody, or of one person. */
  days(since: number, until: number, user?: string): Promise<DayOfUser[]>;
  clients(since: number, until: number, user?: string): Promise<ClientSighting[]>;
  /** The newest first. */
  events(limit: number): Promise<HistoryEvent[]>;
  /** Unix milliseconds by person. */
  lastSeen(): Promise<Readonly<Record<string, number>>>;
  close(): Promise<void>;
}
