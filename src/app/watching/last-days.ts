import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { type Resolution, resolutions } from "../../domain/numbers/history.ts";
import type { HistoryReader } from "../../history.ts";

/** Bytes in both directions of one hour or day; null where nobody watched. */
type Traffic = number | null;

const DAY_MS = 86_400_000;

/** Somebody who was not has no last day to be read: of hundreds that takes a second. */
export function wasThereLately({ lastSeen }: { readonly lastSeen: string | null }, now: Date): boolean {
  return lastSeen !== null && now.getTime() - Date.parse(lastSeen) < DAY_MS;
}

/** Of the 24 hours that end with the one that it is. */
export function lastDay(history: HistoryReader, name: string, now: Date): Promise<Traffic[]> {
  return lastOnes(history, name, "hour", 24, now);
}

/** Of the 30 days (UTC) that end with today. */
export function lastMonth(history: HistoryReader, name: string, now: Date): Promise<Traffic[]> {
  return lastOnes(history, name, "day", 30, now);
}

async function lastOnes(
  history: HistoryReader,
  name: string,
  resolution: Resolution,
  count: number,
  now: Date,
): Promise<Traffic[]> {
  const step = resolutions[resolution] * 1000;
  const until = (Math.floor(now.getTime() / step) + 1) * step;
  const since = until - count * step;
  const { points } = await history.points({ kind: "user", name, since, until, resolution });
  const traffic = new Map(points.map(({ at, bytesIn, bytesOut }) => [at, bytesIn + bytesOut]));
  return Array.from({ length: count }, (_, index) => traffic.get(since + index * step) ?? null);
}

/** Figures of now are shown without what was before, where that cannot be read. */
export async function withHistory<T>(
  ctx: Context,
  work: (history: HistoryReader) => Promise<T>,
): Promise<T | undefined> {
  try {
    const history = await ctx.historyReader();
    return await work(history).finally(() => history.close());
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}
