import { createHash, randomBytes } from "node:crypto";
import type { HistoryEntry } from "../../domain/numbers/history.ts";
import type { Sqlite } from "./sqlite.ts";
import { dayOf } from "./times.ts";

/**
 * Where people come from is nobody's business: of today there are hashes, so that a household counts once, with a salt that is as old as
 * the day; of days before there are numbers.
 */
export function rememberHouseholds(db: Sqlite, { at, households }: HistoryEntry): void {
  const today = dayOf(at);
  countDaysBut(db, today);
  if (households.length === 0) return;
  const salt = saltOf(db, today);
  const rows = households.map(({ user, household }) => [user, hashed(salt, household)]);
  db.run(
    `INSERT OR IGNORE INTO household SELECT ?, series.id, value ->> 1 FROM json_each(?)
     JOIN series ON series.kind = 'user' AND series.name = value ->> 0`,
    today,
    JSON.stringify(rows),
  );
}

/** A clock that was set back makes a day of before today again: then the larger number stands. */
function countDaysBut(db: Sqlite, today: number): void {
  const over = db.all<[number]>("SELECT day FROM salt WHERE day <> ?", today);
  for (const [day] of over) {
    db.run(
      `INSERT INTO households SELECT day, series, count(*) FROM household WHERE day = ? GROUP BY series
       ON CONFLICT DO UPDATE SET count = max(count, excluded.count)`,
      day,
    );
    db.run("DELETE FROM household WHERE day = ?", day);
    db.run("DELETE FROM salt WHERE day = ?", day);
  }
}

function saltOf(db: Sqlite, day: number): string {
  db.run("INSERT OR IGNORE INTO salt VALUES (?, ?)", day, randomBytes(16).toString("base64url"));
  return db.first<[string]>("SELECT salt FROM salt WHERE day = ?", day)?.[0] ?? "";
}

function hashed(salt: string, household: string): string {
  return createHash("sha256").update(`${salt} ${household}`).digest().subarray(0, 16).toString("base64url");
}
