import { keptDays } from "../../domain/numbers/history.ts";
import { lastFolded } from "./fold.ts";
import type { Sqlite } from "./sqlite.ts";
import { dayOf } from "./times.ts";

/** Newest ones that are kept. */
const EVENTS = 10_000;

/** What goes at once: twice what comes in that time. More would let a clock that is wrong for an hour delete years. */
const [LOOKS, MINUTES, HOURS] = [2, 10, 1];

const DAY_MS = 86_400_000;

/** After each look. */
export function forgetLooks(db: Sqlite, now: number): void {
  const before = now - keptDays.raw * DAY_MS;
  db.write(() => {
    const old = db.all<[number]>(
      "SELECT id FROM look WHERE at < ? AND id <= ? ORDER BY at LIMIT ?",
      before,
      lastFolded(db),
      LOOKS,
    );
    for (const [id] of old) {
      db.run("DELETE FROM raw WHERE look = ?", id);
      db.run("DELETE FROM look WHERE id = ?", id);
    }
  });
}

/** After looks were added to minutes and hours. */
export function forgetBuckets(db: Sqlite, now: number): void {
  db.write(() => {
    forget(db, "minute", Math.floor(now / 60_000) - keptDays.minute * 1440, MINUTES);
    forget(db, "hour", Math.floor(now / 3_600_000) - keptDays.hour * 24, HOURS);
    for (const table of ["client", "households"])
      db.run(
        `DELETE FROM ${table} WHERE day < ? AND day = (SELECT min(day) FROM ${table})`,
        dayOf(now) - keptDays.hour,
      );
    db.run("DELETE FROM event WHERE id <= (SELECT max(id) FROM event) - ?", EVENTS);
  });
}

function forget(db: Sqlite, resolution: "minute" | "hour", before: number, most: number): void {
  const watched = `watched_${resolution}`;
  db.run(
    `DELETE FROM ${watched} WHERE at IN (SELECT at FROM ${watched} WHERE at < ? ORDER BY at LIMIT ?)`,
    before,
    most,
  );
  for (const [series] of db.all<[number]>("SELECT id FROM series"))
    db.run(
      `DELETE FROM ${resolution} WHERE series = ? AND at IN (SELECT at FROM ${resolution} WHERE series = ? AND at < ? ORDER BY at LIMIT ?)`,
      series,
      series,
      before,
      most,
    );
}
