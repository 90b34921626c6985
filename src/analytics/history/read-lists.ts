import type { ClientSighting, DayOfUser, HistoryEvent } from "../../domain/numbers/history.ts";
import type { Sqlite } from "./sqlite.ts";
import { dayOf, nameOfDay } from "./times.ts";

/** Every day that a part of the time lies in, today too; of everybody, or of one person. */
export function readDays(db: Sqlite, since: number, until: number, user?: string): DayOfUser[] {
  const those = `day IN (SELECT value FROM json_each(?1)) ${ofOne(user)}`;
  const rows = db.all<[number, string, number]>(
    `SELECT day, series.name, max(count) FROM (
       SELECT day, series, count FROM households WHERE ${those}
       UNION ALL SELECT day, series, count(*) FROM household WHERE ${those} GROUP BY day, series
     ) JOIN series ON series.id = series GROUP BY day, series.name ORDER BY day, series.name`,
    ...given(since, until, user),
  );
  return rows.map(([day, user, households]) => ({ day: nameOfDay(day), user, households }));
}

/** Of the same days. */
export function readClients(db: Sqlite, since: number, until: number, user?: string): ClientSighting[] {
  const rows = db.all<[string, string, number]>(
    `SELECT series.name, family, sum(count) FROM client JOIN series ON series.id = client.series
     WHERE day IN (SELECT value FROM json_each(?1)) ${ofOne(user)}
     GROUP BY series.name, family ORDER BY series.name, sum(count) DESC`,
    ...given(since, until, user),
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

/** Tables of days have a day's rows by series: so nobody else's are read. */
function ofOne(user: string | undefined): string {
  return user === undefined ? "" : "AND series = (SELECT id FROM series WHERE kind = 'user' AND name = ?2)";
}

function given(since: number, until: number, user: string | undefined): [days: string, ...user: string[]] {
  const first = dayOf(since);
  const days = Array.from({ length: Math.max(0, dayOf(until - 1) + 1 - first) }, (_, index) => first + index);
  return [JSON.stringify(days), ...(user === undefined ? [] : [user])];
}
