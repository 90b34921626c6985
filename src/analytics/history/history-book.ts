import type {
  ClientSighting,
  DayOfUser,
  HistoryEntry,
  HistoryEvent,
  HistoryPoints,
  HistoryQuery,
  UserSums,
} from "../../domain/numbers/history.ts";
import { foldSome } from "./fold.ts";
import { pointsOf } from "./points-text.ts";
import { readClients, readDays, readEvents, readLastSeen } from "./read-lists.ts";
import { readPointsText } from "./read-points.ts";
import { readUsers } from "./read-sums.ts";
import { getMeta, recordEntry } from "./record-entry.ts";
import { forgetBuckets, forgetLooks } from "./retention.ts";
import type { Sqlite } from "./sqlite.ts";

/** A history in an open file, as `History` says; at once instead of later, and throwing what SQLite says. */
export class HistoryBook {
  readonly #db: Sqlite;
  readonly #now: () => number;

  constructor(db: Sqlite, now: () => number = Date.now) {
    this.#db = db;
    this.#now = now;
  }

  record(entry: HistoryEntry): void {
    recordEntry(this.#db, entry);
  }

  /** What is due after a look, in small pieces. It may be left out, and done after another one. */
  tidy(now: number, looksAFold?: number): void {
    if (foldSome(this.#db, looksAFold)) forgetBuckets(this.#db, now);
    forgetLooks(this.#db, now);
  }

  counters(): unknown {
    const text = getMeta(this.#db, "counters");
    return text === undefined ? undefined : JSON.parse(text);
  }

  points(query: HistoryQuery): HistoryPoints {
    return pointsOf(this.pointsText(query));
  }

  pointsText(query: HistoryQuery): string {
    return readPointsText(this.#db, query, this.#now());
  }

  users(since: number, until: number): UserSums[] {
    return readUsers(this.#db, since, until, this.#now());
  }

  days(since: number, until: number, user?: string): DayOfUser[] {
    return readDays(this.#db, since, until, user);
  }

  clients(since: number, until: number, user?: string): ClientSighting[] {
    return readClients(this.#db, since, until, user);
  }

  events(limit: number): HistoryEvent[] {
    return readEvents(this.#db, limit);
  }

  lastSeen(): Readonly<Record<string, number>> {
    return readLastSeen(this.#db);
  }

  close(): void {
    this.#db.close();
  }
}
