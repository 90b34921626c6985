import type { UserSums } from "../../domain/numbers/history.ts";
import { type TimePiece, timePieces } from "../../domain/numbers/time-pieces.ts";
import { lastFolded } from "./fold.ts";
import { larger } from "./larger.ts";
import type { Sqlite } from "./sqlite.ts";

type SumRow = readonly [
  name: string,
  lastSeen: number | null,
  bytesIn: number,
  bytesOut: number,
  opened: number,
  active: number | null,
];

const COLUMNS = "series.name, series.last_seen, sum(bytes_in), sum(bytes_out), sum(opened), max(active)";

/** Of everybody who had anything within the time. */
export function readUsers(db: Sqlite, since: number, until: number, now: number): UserSums[] {
  const time = timePieces(since, until, now);
  const rows = db.read(() => [
    ...time.pieces.flatMap((piece) => pieceRows(db, piece)),
    ...lookRows(db, time.since, time.until),
  ]);
  const sums = new Map<string, UserSums>();
  for (const row of rows) sums.set(row[0], added(sums.get(row[0]), row));
  return [...sums.values()].sort(
    (a, b) => b.bytesIn + b.bytesOut - a.bytesIn - a.bytesOut || (a.name < b.name ? -1 : 1),
  );
}

/** CROSS JOIN keeps SQLite to one stretch of the table a person. */
function pieceRows(db: Sqlite, { resolution, from, until }: TimePiece): SumRow[] {
  return db.all<SumRow>(
    `SELECT ${COLUMNS} FROM series CROSS JOIN ${resolution} AS b ON b.series = series.id AND b.at >= ? AND b.at < ?
     WHERE series.kind = 'user' GROUP BY series.id`,
    from,
    until,
  );
}

/** Of those that no minute has yet: few, so SQLite shall not look for their time (`+`). */
function lookRows(db: Sqlite, since: number, until: number): SumRow[] {
  return db.all<SumRow>(
    `SELECT ${COLUMNS} FROM look JOIN raw ON raw.look = look.id JOIN series ON series.id = raw.series
     WHERE look.id > ? AND +look.at >= ? AND +look.at < ? AND series.kind = 'user' GROUP BY series.id`,
    lastFolded(db),
    since,
    until,
  );
}

function added(sums: UserSums | undefined, [name, lastSeen, bytesIn, bytesOut, opened, active]: SumRow): UserSums {
  return {
    name,
    bytesIn: (sums?.bytesIn ?? 0) + bytesIn,
    bytesOut: (sums?.bytesOut ?? 0) + bytesOut,
    opened: (sums?.opened ?? 0) + opened,
    mostActive: larger(sums?.mostActive ?? null, active),
    lastSeen,
  };
}
