import { chooseResolution } from "../../domain/numbers/choose-resolution.ts";
import {
  type HistoryQuery,
  type Resolution,
  resolutions,
  type Series,
  type SeriesKind,
} from "../../domain/numbers/history.ts";
import { lastFolded } from "./fold.ts";
import type { Sqlite, Value } from "./sqlite.ts";

/** Columns of `look` and of both tables of watched buckets. */
const WATCHED = {
  all: "watched_all",
  shard: "watched_shard",
  user: "watched_user",
} as const satisfies Record<SeriesKind, string>;

type Bucketed = Exclude<Resolution, "raw">;

/** Milliseconds of a bucket in the table that a resolution is read from. */
const UNITS: Readonly<Record<Bucketed, number>> = { minute: 60_000, hour: 3_600_000, day: 3_600_000 };

/** A part of time, in Unix milliseconds; buckets from and until there. */
interface Stretch {
  readonly since: number;
  readonly until: number;
}

/** As `HistoryReader` says it. */
export function readPointsText(db: Sqlite, query: HistoryQuery, now: number): string {
  const resolution = query.resolution ?? chooseResolution(query, now);
  const texts = db.read(() => (resolution === "raw" ? [lookTexts(db, query)] : bucketTexts(db, query, resolution)));
  return `{"resolution":"${resolution}","points":[${texts.filter((text) => text !== "").join()}]}`;
}

/** Nobody has -1. */
function seriesId(db: Sqlite, { kind, name }: Series): number {
  return db.first<[number]>("SELECT id FROM series WHERE kind = ? AND name = ?", kind, name)?.[0] ?? -1;
}

/** Two looks of one instant are one point. */
function lookTexts(db: Sqlite, { since, until, ...series }: HistoryQuery): string {
  const looks = `SELECT look.at, ${WATCHED[series.kind]} AS seconds, bytes_in, bytes_out, opened, active
    FROM look LEFT JOIN raw ON raw.look = look.id AND raw.series = ? WHERE look.at >= ? AND look.at < ?`;
  return pointTexts(db, summedByTime(looks), seriesId(db, series), since, until);
}

/** Looks that no bucket has yet are few, and nearly always the newest: before the first of them a bucket is a point as it stands. */
function bucketTexts(db: Sqlite, query: HistoryQuery, resolution: Bucketed): string[] {
  const [id, folded, length, unit] = [
    seriesId(db, query),
    lastFolded(db),
    resolutions[resolution] * 1000,
    UNITS[resolution],
  ];
  const floor = (at: number) => Math.floor(at / length) * length;
  const { since, until }: Stretch = { since: floor(query.since), until: floor(query.until) };
  const buckets = resolution === "day" ? dayRows(query.kind) : plainRows(query.kind, resolution);
  const start = db.first<[number | null]>(FIRST_NEW, folded, since, until)?.[0] ?? undefined;
  const between = start === undefined ? until : floor(start);
  const told = pointTexts(db, `${buckets} ORDER BY w.at`, id, since / unit, between / unit);
  if (start === undefined) return [told];
  const both = summedByTime(`${buckets} UNION ALL ${newRows(query.kind, length)}`);
  return [told, pointTexts(db, both, id, between / unit, until / unit, id, folded, since, until)];
}

/** SQLite shall look at the few new ones and not for their time (`+`). */
const FIRST_NEW = "SELECT min(at) FROM look WHERE id > ? AND +at >= ? AND +at < ?";

function newRows(kind: SeriesKind, length: number): string {
  return `SELECT look.at / ${length} * ${length} AS at, ${WATCHED[kind]} AS seconds, bytes_in, bytes_out, opened, active
    FROM look LEFT JOIN raw ON raw.look = look.id AND raw.series = ?
    WHERE look.id > ? AND +look.at >= ? AND +look.at < ?`;
}

function plainRows(kind: SeriesKind, resolution: "minute" | "hour"): string {
  return `SELECT w.at * ${UNITS[resolution]} AS at, w.${WATCHED[kind]} AS seconds, b.bytes_in, b.bytes_out, b.opened, b.active
    FROM watched_${resolution} AS w LEFT JOIN ${resolution} AS b ON b.series = ? AND b.at = w.at
    WHERE w.at >= ? AND w.at < ?`;
}

function dayRows(kind: SeriesKind): string {
  return `SELECT w.at / 24 * 86400000 AS at, sum(w.${WATCHED[kind]}) AS seconds, sum(b.bytes_in) AS bytes_in,
      sum(b.bytes_out) AS bytes_out, sum(b.opened) AS opened, max(b.active) AS active
    FROM watched_hour AS w LEFT JOIN hour AS b ON b.series = ? AND b.at = w.at
    WHERE w.at >= ? AND w.at < ? GROUP BY w.at / 24`;
}

function summedByTime(rows: string): string {
  return `SELECT at, sum(seconds) AS seconds, sum(bytes_in) AS bytes_in, sum(bytes_out) AS bytes_out, sum(opened) AS opened,
      max(active) AS active FROM (${rows}) GROUP BY at ORDER BY at`;
}

/**
 * Points as they are sent, without the brackets around them: libsql takes longer to hand over a row of numbers than SQLite takes to write
 * it. Who is not among a look's figures had nothing, and nothing open.
 * @param rows in the order of time
 */
function pointTexts(db: Sqlite, rows: string, ...values: Value[]): string {
  const point = `json_object('at', at, 'bytes_in', coalesce(bytes_in, 0), 'bytes_out', coalesce(bytes_out, 0),
    'opened', coalesce(opened, 0), 'active', CASE WHEN bytes_in IS NULL THEN 0 ELSE active END, 'seconds', seconds)`;
  const told = `SELECT json_group_array(${point}) FROM (${rows}) WHERE seconds > 0 OR bytes_in IS NOT NULL`;
  return db.first<[string]>(told, ...values)?.[0].slice(1, -1) ?? "";
}
