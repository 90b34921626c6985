import type { Point } from "../api/shapes.ts";

/** Columns for a chart: seconds since 1970, and what is drawn over them. Null is a gap. */
export interface Columns {
  readonly at: number[];
  readonly active: (number | null)[];
  /** Bytes a second, of the time that was watched. */
  readonly rateIn: (number | null)[];
  readonly rateOut: (number | null)[];
}

/**
 * Larger buckets of the same. Sums stay what they were.
 * @param points ascending
 * @param seconds length of the larger ones; they begin at multiples of it, UTC
 */
export function fold(points: readonly Point[], seconds: number): Point[] {
  const buckets = new Map<number, Point>();
  for (const point of points) {
    const at = Math.floor(point.at / 1000 / seconds) * seconds * 1000;
    const before = buckets.get(at);
    buckets.set(at, before === undefined ? { ...point, at } : together(before, point));
  }
  return [...buckets.values()];
}

function together(a: Point, b: Point): Point {
  return {
    at: a.at,
    bytes_in: a.bytes_in + b.bytes_in,
    bytes_out: a.bytes_out + b.bytes_out,
    opened: a.opened + b.opened,
    active: a.active === null ? b.active : Math.max(a.active, b.active ?? 0),
    seconds: a.seconds + b.seconds,
  };
}

/**
 * Where a bucket is missing nobody watched: the line is broken there, it does not go through zero.
 * @param points ascending
 * @param seconds length of a bucket
 */
export function toColumns(points: readonly Point[], seconds: number): Columns {
  const columns: Columns = { at: [], active: [], rateIn: [], rateOut: [] };
  let last = Number.POSITIVE_INFINITY;
  for (const point of points) {
    const at = point.at / 1000;
    if (at > last + 1.5 * seconds) add(columns, last + seconds);
    add(columns, at, point);
    last = at;
  }
  return columns;
}

function add({ at, active, rateIn, rateOut }: Columns, when: number, point?: Point): void {
  const watched = point !== undefined && point.seconds > 0 ? point : undefined;
  at.push(when);
  active.push(point?.active ?? null);
  rateIn.push(watched === undefined ? null : watched.bytes_in / watched.seconds);
  rateOut.push(watched === undefined ? null : watched.bytes_out / watched.seconds);
}

/** Bytes of all of them. */
export function sumOf(points: readonly Point[]): { readonly bytesIn: number; readonly bytesOut: number } {
  return points.reduce(
    ({ bytesIn, bytesOut }, point) => ({ bytesIn: bytesIn + point.bytes_in, bytesOut: bytesOut + point.bytes_out }),
    { bytesIn: 0, bytesOut: 0 },
  );
}

/** The most connections at one look; null when nobody could tell. */
export function mostActive(points: readonly Point[]): number | null {
  const all = points.flatMap(({ active }) => active ?? []);
  return all.length === 0 ? null : all.reduce((most, active) => Math.max(most, active), 0);
}
