import { AppError } from "./errors.ts";
import { shown } from "./printable.ts";

/** What a person may use, where HAProxy routes; absent means without a bound. */
export interface UserLimits {
  /** Connections at a time; one app opens about eight. */
  readonly connections?: number;
  /** Distinct addresses at a time; see `address_window` of the settings. */
  readonly addresses?: number;
  readonly quota?: Quota;
  /** Bytes a second in each direction, over all connections together; needs an HAProxy that can, see haproxy-version.ts. */
  readonly rate?: number;
}

/** Bytes in both directions together. */
export interface Quota {
  readonly bytes: number;
  readonly period: QuotaPeriod;
}

/** A calendar month, or so many days that end with today; both in UTC. */
export type QuotaPeriod = "month" | `${number}d`;

/** As long as the ledger keeps single days. */
export const LONGEST_PERIOD_DAYS = 60;
export const MOST_CONNECTIONS = 100_000;
const UNITS: Readonly<Record<string, number>> = { "": 1, K: 1e3, M: 1e6, G: 1e9, T: 1e12 };
const LARGEST_QUOTA = 1e15;
/** Below, apps give up before a picture is there; above, HAProxy's own numbers end. Bytes a second. */
export const RATE_BOUNDS = { least: 10_000, most: 4e9 } as const;
/** HAProxy has a pair of filters for each rate that somebody has, and every connection carries all of them. */
export const MOST_RATES = 16;

/**
 * @param text `50G`, `1.5T`, `800M`; a G is 10⁹ bytes
 * @throws AppError invalid
 */
export function parseQuotaBytes(text: string): number {
  const bytes = bytesOf(text);
  if (bytes >= 1 && bytes <= LARGEST_QUOTA) return bytes;
  throw new AppError("invalid", `"${shown(text, 20)}" is not an amount of data`, {
    hint: "for instance 50G, 1.5T or 800M (a G is 1,000,000,000 bytes); at most 1000T",
  });
}

/**
 * @param text `2M`, `500k`, `1.5M`; an M is 10⁶ bytes a second
 * @throws AppError invalid
 */
export function parseRate(text: string): number {
  const rate = bytesOf(text.replace(/\/s$/i, ""));
  if (rate >= RATE_BOUNDS.least && rate <= RATE_BOUNDS.most) return rate;
  const [least, most] = [RATE_BOUNDS.least, RATE_BOUNDS.most].map(formatQuotaBytes);
  throw new AppError("invalid", `"${shown(text, 20)}" is not a rate`, {
    hint: `bytes a second, for instance 2M or 500K (an M is 1,000,000 bytes); from ${least} to ${most}, or none`,
  });
}

/** NaN for a text that is no amount. */
function bytesOf(text: string): number {
  const [, number = "", unit = ""] = /^(\d{1,15}(?:\.\d{1,3})?)([KMGT]?)B?$/i.exec(text.trim()) ?? [];
  return number === "" ? Number.NaN : Math.round(Number(number) * (UNITS[unit.toUpperCase()] ?? Number.NaN));
}

/** The shortest text that `parseQuotaBytes` and `parseRate` read back as the same. */
export function formatQuotaBytes(bytes: number): string {
  const units = Object.entries(UNITS).toReversed();
  const [unit, size] = units.find(([, size]) => bytes >= size && Number.isInteger((bytes / size) * 1000)) ?? ["", 1];
  return `${bytes / size}${unit}`;
}

/** @throws AppError invalid */
export function parsePeriod(text: string): QuotaPeriod {
  const period = text.trim().toLowerCase();
  if (isPeriod(period)) return period;
  throw new AppError("invalid", `"${shown(text, 20)}" is not a period`, {
    hint: `month (the calendar month, UTC) or 1d to ${LONGEST_PERIOD_DAYS}d (so many days that end with today)`,
  });
}

export function isPeriod(text: string): text is QuotaPeriod {
  if (text === "month") return true;
  const [, days = ""] = /^([1-9]\d?)d$/.exec(text) ?? [];
  return days !== "" && Number(days) <= LONGEST_PERIOD_DAYS;
}

/** @throws AppError invalid */
export function parseCount(text: string, what: string): number {
  const count = /^\d{1,6}$/.test(text.trim()) ? Number(text) : 0;
  if (count >= 1 && count <= MOST_CONNECTIONS) return count;
  throw new AppError("invalid", `"${shown(text, 20)}" is not a number of ${what}`, {
    hint: `from 1 to ${MOST_CONNECTIONS}`,
  });
}

/** Whether nothing is bounded. */
export function isUnlimited({ connections, addresses, quota, rate }: UserLimits): boolean {
  return [connections, addresses, quota, rate].every((limit) => limit === undefined);
}

/** Every rate that one of these has, smallest first. */
export function ratesOf(limits: readonly { readonly rate?: number }[]): number[] {
  const rates = limits.flatMap(({ rate }) => rate ?? []);
  return [...new Set(rates)].sort((a, b) => a - b);
}
