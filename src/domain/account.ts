import type { QuotaPeriod } from "./user-limits.ts";

/** Bytes from clients and to them, and connections that ended. */
export type Sums = readonly [bytesIn: number, bytesOut: number, connections: number];

/** What somebody used; days and months in UTC, by when the bytes were seen. */
export interface Account {
  readonly total: Sums;
  /** `2026-11` → sums. */
  readonly months: Readonly<Record<string, Sums>>;
  /** `2026-11-21` → sums. */
  readonly days: Readonly<Record<string, Sums>>;
  /** ISO 8601: when the person whose it is came. */
  readonly since?: string;
}

const KEPT_DAYS = 62;
const KEPT_MONTHS = 25;
export const NOTHING: Sums = [0, 0, 0];
export const emptyAccount: Account = { total: NOTHING, months: {}, days: {} };

export function booked(account: Account, at: Date, sums: Sums): Account {
  const day = dayOf(at);
  return {
    ...account,
    total: added(account.total, sums),
    months: withSums(account.months, day.slice(0, 7), sums, KEPT_MONTHS),
    days: withSums(account.days, day, sums, KEPT_DAYS),
  };
}

/** Bytes in both directions within a period. */
export function usedWithin({ months, days }: Account, period: QuotaPeriod, now: Date): number {
  if (period === "month") return bytesOf(months[dayOf(now).slice(0, 7)]);
  return lastDays(Number.parseInt(period, 10), now).reduce((total, day) => total + bytesOf(days[day]), 0);
}

function bytesOf([bytesIn, bytesOut]: Sums = NOTHING): number {
  return bytesIn + bytesOut;
}

function added(a: Sums, b: Sums): Sums {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}

function withSums(
  periods: Readonly<Record<string, Sums>>,
  name: string,
  sums: Sums,
  kept: number,
): Record<string, Sums> {
  const next = { ...periods, [name]: added(periods[name] ?? NOTHING, sums) };
  const names = Object.keys(next);
  if (names.length <= kept) return next;
  return Object.fromEntries(
    names
      .sort()
      .slice(-kept)
      .map((it) => [it, next[it] ?? NOTHING]),
  );
}

function dayOf(at: Date): string {
  return at.toISOString().slice(0, 10);
}

function lastDays(count: number, now: Date): string[] {
  return Array.from({ length: count }, (_, index) => dayOf(new Date(now.getTime() - index * 86_400_000)));
}
