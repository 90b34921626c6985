import { keptDays } from "./history.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** A stretch that is summed from buckets of one length. */
export interface TimePiece {
  readonly resolution: "minute" | "hour";
  /** Buckets, counted since 1970; `until` is not part of it. */
  readonly from: number;
  readonly until: number;
}

export interface TimePieces {
  /** Unix milliseconds: what is really summed. */
  readonly since: number;
  readonly until: number;
  readonly pieces: readonly TimePiece[];
}

/**
 * Takes a time apart into whole hours and the minutes at both ends, because few hours are summed sooner than many minutes. Where minutes
 * are kept no more, it begins with the whole hour.
 */
export function timePieces(since: number, until: number, now: number): TimePieces {
  const first = now - keptDays.minute * DAY_MS;
  const start = Math.floor(since / MINUTE_MS) * MINUTE_MS;
  const begin = start < first ? floorHour(since) : start;
  const last = until < first ? floorHour(until) : Math.floor(until / MINUTE_MS) * MINUTE_MS;
  const end = Math.max(begin, last);
  const hours = { from: Math.ceil(begin / HOUR_MS), until: Math.floor(end / HOUR_MS) };
  if (hours.from >= hours.until) return { since: begin, until: end, pieces: minutes(begin, end) };
  const pieces: TimePiece[] = [
    ...minutes(begin, hours.from * HOUR_MS),
    { resolution: "hour", ...hours },
    ...minutes(hours.until * HOUR_MS, end),
  ];
  return { since: begin, until: end, pieces };
}

function floorHour(at: number): number {
  return Math.floor(at / HOUR_MS) * HOUR_MS;
}

function minutes(from: number, until: number): TimePiece[] {
  return from < until ? [{ resolution: "minute", from: from / MINUTE_MS, until: until / MINUTE_MS }] : [];
}
