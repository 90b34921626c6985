import type { HistoryPoint, HistoryPoints, Resolution } from "../../domain/numbers/history.ts";
import { larger } from "./larger.ts";

/** What SQLite found, to be parsed by whoever wants it: in another thread than the one that has the file. */
export interface PointRows {
  readonly resolution: Resolution;
  /** Lists of `PointRow` in JSON: those of buckets, and those of looks that are in none yet. */
  readonly texts: readonly string[];
}

/** A bucket or a look; figures are null where the series had none. */
type PointRow = readonly [
  at: number,
  seconds: number,
  bytesIn: number | null,
  bytesOut: number | null,
  opened: number | null,
  active: number | null,
];

/** Several of one bucket become one: what is in it and what is not yet, two looks of one instant. */
export function pointsOf({ resolution, texts }: PointRows): HistoryPoints {
  const buckets = new Map<number, PointRow>();
  for (const row of texts.flatMap((text) => JSON.parse(text) as PointRow[])) {
    const known = buckets.get(row[0]);
    buckets.set(row[0], known === undefined ? row : sumOf(known, row));
  }
  const points = [...buckets.values()].filter(isTold).map(pointOf);
  return { resolution, points: points.sort((a, b) => a.at - b.at) };
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
