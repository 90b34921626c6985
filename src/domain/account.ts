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
  const month = months[dayOf(now).slice(0, 7)];
  const sums = period === "month" ? [month] : lastDays(days, Number.parseInt(period, 10), now);
  return sums.reduce((total, [bytesIn, bytesOut] = NOTHING) => total + bytesIn + bytesOut, 0);
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

/** By their names, which sort as time does: this is asked of everybody four times a second. */
function lastDays(days: Readonly<Record<string, Sums>>, count: number, now: Date): Sums[] {
  const [first, last] = [dayOf(new Date(now.getTime() - (count - 1) * 86_400_000)), dayOf(now)];
  return Object.entries(days).flatMap(([day, sums]) => (day >= first && day <= last ? [sums] : []));
}
