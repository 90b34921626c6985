import type { ClientSighting, DayOfUser, HistoryEvent } from "../../domain/numbers/history.ts";
import type { Sqlite } from "./sqlite.ts";
import { dayOf, nameOfDay } from "./times.ts";

/** Every day that a part of the time lies in, today too. */
export function readDays(db: Sqlite, since: number, until: number): DayOfUser[] {
  const rows = db.all<[number, string, number]>(
    `SELECT day, series.name, max(count) FROM (
       SELECT day, series, count FROM households
       UNION ALL SELECT day, series, count(*) FROM household GROUP BY day, series
     ) JOIN series ON series.id = series WHERE day >= ? AND day < ? GROUP BY day, series.name ORDER BY day, series.name`,
    ...daysOf(since, until),
  );
  return rows.map(([day, user, households]) => ({ day: nameOfDay(day), user, households }));
}

/** Of the same days. */
export function readClients(db: Sqlite, since: number, until: number): ClientSighting[] {
  const rows = db.all<[string, string, number]>(
    `SELECT series.name, family, sum(count) FROM client JOIN series ON series.id = client.series
     WHERE day >= ? AND day < ? GROUP BY series.name, family ORDER BY series.name, sum(count) DESC`,
    ...daysOf(since, until),
  );
  return rows.map(([user, family, count]) => ({ user, family, count }));
}

/** In the order in which they were told, the last one first. */
export function readEvents(db: Sqlite, limit: number): HistoryEvent[] {
  const rows = db.all<[number, string, string, string]>(
    "SELECT at, kind, subject, words FROM event ORDER BY id DESC LIMIT ?",
    Math.max(0, Math.trunc(limit)),
  );
  return rows.map(([at, kind, subject, words]) => ({ at, kind, subject, words }));
}

export function readLastSeen(db: Sqlite): Readonly<Record<string, number>> {
  return Object.fromEntries(
    db.all<[string, number]>("SELECT name, last_seen FROM series WHERE kind = 'user' AND last_seen IS NOT NULL"),
  );
}

function daysOf(since: number, until: number): [number, number] {
  return [dayOf(since), dayOf(until - 1) + 1];
}
