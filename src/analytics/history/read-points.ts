import { chooseResolution } from "../../domain/numbers/choose-resolution.ts";
import {
  type HistoryPoint,
  type HistoryPoints,
  type HistoryQuery,
  type Resolution,
  resolutions,
  type Series,
} from "../../domain/numbers/history.ts";
import { lastFolded } from "./fold.ts";
import { larger } from "./larger.ts";
import type { Sqlite, Value } from "./sqlite.ts";

/** A bucket or a look; figures are null where the series had none. */
type PointRow = readonly [
  at: number,
  seconds: number,
  bytesIn: number | null,
  bytesOut: number | null,
  opened: number | null,
  active: number | null,
];

/** What tells a series in a statement. */
interface Wanted extends Series {
  readonly id: number;
}

/** Time within `since` and `until` of the bucket's length. */
interface Stretch {
  readonly since: number;
  readonly until: number;
}

export function readPoints(db: Sqlite, query: HistoryQuery, now: number): HistoryPoints {
  const resolution = query.resolution ?? chooseResolution(query, now);
  return db.read(() => ({ resolution, points: pointsOf(rowsOf(db, query, resolution)) }));
}

function rowsOf(db: Sqlite, query: HistoryQuery, resolution: Resolution): PointRow[] {
  const wanted = { ...query, id: seriesId(db, query) };
  if (resolution === "raw") return lookRows(db, wanted, query);
  const length = resolutions[resolution] * 1000;
  const floor = (at: number) => Math.floor(at / length) * length;
  const stretch = { since: floor(query.since), until: floor(query.until) };
  const inBuckets = bucketRows(db, wanted, stretch, resolution);
  const since = lookRows(db, wanted, stretch, lastFolded(db)).map(
    ([at, ...figures]) => [floor(at), ...figures] as const,
  );
  return since.length === 0 ? inBuckets : [...inBuckets, ...since];
}

/** Nobody has -1. */
function seriesId(db: Sqlite, { kind, name }: Series): number {
  return db.first<[number]>("SELECT id FROM series WHERE kind = ? AND name = ?", kind, name)?.[0] ?? -1;
}

/** `after`: only those that came later. Few are left then, so SQLite shall look at these and not for their time (`+`). */
function lookRows(db: Sqlite, { kind, id }: Wanted, { since, until }: Stretch, after?: number): PointRow[] {
  const time = after === undefined ? "look.at >= ? AND look.at < ?" : "+look.at >= ? AND +look.at < ? AND look.id > ?";
  return pointRows(
    db,
    `SELECT look.at, watched_${kind} AS seconds, bytes_in, bytes_out, opened, active
     FROM look LEFT JOIN raw ON raw.look = look.id AND raw.series = ? WHERE ${time}`,
    ...[id, since, until],
    ...(after === undefined ? [] : [after]),
  );
}

function bucketRows(db: Sqlite, wanted: Wanted, stretch: Stretch, resolution: Exclude<Resolution, "raw">): PointRow[] {
  return resolution === "day" ? dayRows(db, wanted, stretch) : plainRows(db, wanted, stretch, resolution);
}

function plainRows(
  db: Sqlite,
  { kind, id }: Wanted,
  { since, until }: Stretch,
  resolution: "minute" | "hour",
): PointRow[] {
  const length = resolutions[resolution] * 1000;
  return pointRows(
    db,
    `SELECT w.at * ${length} AS at, w.watched_${kind} AS seconds, b.bytes_in, b.bytes_out, b.opened, b.active
     FROM watched_${resolution} AS w LEFT JOIN ${resolution} AS b ON b.series = ? AND b.at = w.at
     WHERE w.at >= ? AND w.at < ?`,
    id,
    since / length,
    until / length,
  );
}

function dayRows(db: Sqlite, { kind, id }: Wanted, { since, until }: Stretch): PointRow[] {
  return pointRows(
    db,
    `SELECT w.at / 24 * 86400000 AS at, sum(w.watched_${kind}) AS seconds, sum(b.bytes_in) AS bytes_in,
       sum(b.bytes_out) AS bytes_out, sum(b.opened) AS opened, max(b.active) AS active
     FROM watched_hour AS w LEFT JOIN hour AS b ON b.series = ? AND b.at = w.at
     WHERE w.at >= ? AND w.at < ? GROUP BY w.at / 24`,
    id,
    since / 3_600_000,
    until / 3_600_000,
  );
}

/** As one JSON text: libsql takes longer to hand over a row of numbers than SQLite and JSON.parse do for ten. */
function pointRows(db: Sqlite, select: string, ...values: Value[]): PointRow[] {
  const columns = "json_array(at, seconds, bytes_in, bytes_out, opened, active)";
  const [text] = db.first<[string]>(`SELECT json_group_array(${columns}) FROM (${select})`, ...values) ?? ["[]"];
  return JSON.parse(text) as PointRow[];
}

/** Several of one bucket become one: what was added to it and what was not yet, two looks of one instant. */
function pointsOf(rows: readonly PointRow[]): HistoryPoint[] {
  const buckets = new Map<number, PointRow>();
  for (const row of rows) {
    const known = buckets.get(row[0]);
    buckets.set(row[0], known === undefined ? row : sumOf(known, row));
  }
  return [...buckets.values()]
    .filter(isTold)
    .map(pointOf)
    .sort((a, b) => a.at - b.at);
}

function sumOf(a: PointRow, b: PointRow): PointRow {
  return [a[0], a[1] + b[1], plus(a[2], b[2]), plus(a[3], b[3]), plus(a[4], b[4]), larger(a[5], b[5])];
}

function isTold([, seconds, bytesIn]: PointRow): boolean {
  return seconds > 0 || bytesIn !== null;
}

/** Who is not among a look's figures had nothing, and nothing open. */
function pointOf([at, seconds, bytesIn, bytesOut, opened, active]: PointRow): HistoryPoint {
  if (bytesIn === null) return { at, bytesIn: 0, bytesOut: 0, opened: 0, active: 0, seconds };
  return { at, bytesIn, bytesOut: bytesOut ?? 0, opened: opened ?? 0, active, seconds };
}

function plus(a: number | null, b: number | null): number | null {
  return a === null && b === null ? null : (a ?? 0) + (b ?? 0);
}
