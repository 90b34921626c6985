import { chooseResolution } from "../../domain/numbers/choose-resolution.ts";
import {
  type HistoryQuery,
  type Resolution,
  resolutions,
  type Series,
  type SeriesKind,
} from "../../domain/numbers/history.ts";
import { lastFolded } from "./fold.ts";
import type { PointRows } from "./point-rows.ts";
import type { Sqlite, Value } from "./sqlite.ts";

/** Columns of `look` and of both tables of watched buckets. */
const WATCHED = {
  all: "watched_all",
  shard: "watched_shard",
  user: "watched_user",
} as const satisfies Record<SeriesKind, string>;

/** What tells a series in a statement. */
interface Wanted extends Series {
  readonly id: number;
}

/** Time within `since` and `until` of the bucket's length. */
interface Stretch {
  readonly since: number;
  readonly until: number;
}

export function readPointRows(db: Sqlite, query: HistoryQuery, now: number): PointRows {
  const resolution = query.resolution ?? chooseResolution(query, now);
  return db.read(() => ({ resolution, texts: textsOf(db, query, resolution) }));
}

function textsOf(db: Sqlite, query: HistoryQuery, resolution: Resolution): string[] {
  const wanted = { ...query, id: seriesId(db, query) };
  if (resolution === "raw") return [lookRows(db, wanted, query)];
  const length = resolutions[resolution] * 1000;
  const floor = (at: number) => Math.floor(at / length) * length;
  const stretch = { since: floor(query.since), until: floor(query.until) };
  return [bucketRows(db, wanted, stretch, resolution), newRows(db, wanted, stretch, length)];
}

/** Nobody has -1. */
function seriesId(db: Sqlite, { kind, name }: Series): number {
  return db.first<[number]>("SELECT id FROM series WHERE kind = ? AND name = ?", kind, name)?.[0] ?? -1;
}

function lookRows(db: Sqlite, { kind, id }: Wanted, { since, until }: Stretch): string {
  return pointRows(
    db,
    `SELECT look.at, ${WATCHED[kind]} AS seconds, bytes_in, bytes_out, opened, active
     FROM look LEFT JOIN raw ON raw.look = look.id AND raw.series = ? WHERE look.at >= ? AND look.at < ?`,
    id,
    since,
    until,
  );
}

/** Looks that no bucket has yet: few, so SQLite shall look at these and not for their time (`+`). */
function newRows(db: Sqlite, { kind, id }: Wanted, { since, until }: Stretch, length: number): string {
  return pointRows(
    db,
    `SELECT look.at / ${length} * ${length} AS at, ${WATCHED[kind]} AS seconds, bytes_in, bytes_out, opened, active
     FROM look LEFT JOIN raw ON raw.look = look.id AND raw.series = ?
     WHERE look.id > ? AND +look.at >= ? AND +look.at < ?`,
    id,
    lastFolded(db),
    since,
    until,
  );
}

function bucketRows(db: Sqlite, wanted: Wanted, stretch: Stretch, resolution: Exclude<Resolution, "raw">): string {
  return resolution === "day" ? dayRows(db, wanted, stretch) : plainRows(db, wanted, stretch, resolution);
}

function plainRows(db: Sqlite, { kind, id }: Wanted, { since, until }: Stretch, resolution: "minute" | "hour"): string {
  const length = resolutions[resolution] * 1000;
  return pointRows(
    db,
    `SELECT w.at * ${length} AS at, w.${WATCHED[kind]} AS seconds, b.bytes_in, b.bytes_out, b.opened, b.active
     FROM watched_${resolution} AS w LEFT JOIN ${resolution} AS b ON b.series = ? AND b.at = w.at
     WHERE w.at >= ? AND w.at < ?`,
    id,
    since / length,
    until / length,
  );
}

function dayRows(db: Sqlite, { kind, id }: Wanted, { since, until }: Stretch): string {
  return pointRows(
    db,
    `SELECT w.at / 24 * 86400000 AS at, sum(w.${WATCHED[kind]}) AS seconds, sum(b.bytes_in) AS bytes_in,
       sum(b.bytes_out) AS bytes_out, sum(b.opened) AS opened, max(b.active) AS active
     FROM watched_hour AS w LEFT JOIN hour AS b ON b.series = ? AND b.at = w.at
     WHERE w.at >= ? AND w.at < ? GROUP BY w.at / 24`,
    id,
    since / 3_600_000,
    until / 3_600_000,
  );
}

/** As one JSON text: libsql takes longer to hand over a row of numbers than SQLite and JSON.parse do for ten. */
function pointRows(db: Sqlite, select: string, ...values: Value[]): string {
  const columns = "json_array(at, seconds, bytes_in, bytes_out, opened, active)";
  return db.first<[string]>(`SELECT json_group_array(${columns}) FROM (${select})`, ...values)?.[0] ?? "[]";
}
