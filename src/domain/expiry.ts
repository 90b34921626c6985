import { AppError } from "./errors.ts";
import { shown } from "./printable.ts";

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const LONGEST_MS = 3650 * 86_400_000;

/**
 * @param text `30d`, `12h`, `2w`, `90m`
 * @returns milliseconds; undefined for what is no duration between a minute and ten years
 */
export function readDuration(text: string): number | undefined {
  const [, count = "", unit = ""] = /^(\d{1,6})([mhdw])$/i.exec(text.trim()) ?? [];
  const milliseconds = Number(count) * (UNITS[unit.toLowerCase()] ?? Number.NaN);
  return milliseconds > 0 && milliseconds <= LONGEST_MS ? milliseconds : undefined;
}

/** @throws AppError invalid; as `readDuration` */
export function parseDuration(text: string): number {
  const milliseconds = readDuration(text);
  if (milliseconds !== undefined) return milliseconds;
  throw new AppError("invalid", `"${shown(text, 20)}" is not a length of time`, {
    hint: "for instance 7d, 12h or 2w; at most ten years",
  });
}

/** What takes an end away. */
const NEVER = "never";

/**
 * When something shall end: after a length of time, at the end of a day (UTC), at an instant, or never.
 * @returns ISO 8601 in UTC; null for never
 * @throws AppError invalid, for a time that has passed too
 */
export function parseExpiry(text: string, now: Date): string | null {
  const wanted = text.trim();
  if (wanted.toLowerCase() === NEVER) return null;
  const duration = readDuration(wanted);
  const end = duration === undefined ? instantOf(wanted) : now.getTime() + duration;
  if (end === undefined)
    throw new AppError("invalid", `"${shown(wanted, 40)}" is not a date`, {
      hint: "for instance 2027-01-31 (until the end of that day, UTC), 30d, 12h, 2027-01-31T18:00Z or never",
    });
  if (end <= now.getTime())
    throw new AppError("invalid", `${new Date(end).toISOString()} has passed already`, {
      hint: "mtproxy disable-user NAME ends a link now",
    });
  return new Date(end).toISOString();
}

/** A day ends where the next one begins. */
function instantOf(text: string): number | undefined {
  return isDay(text) ? Date.parse(`${text}T00:00:00Z`) + (UNITS.d ?? 0) : readInstant(text);
}

/**
 * @param text `2027-01-31T18:00Z`, with seconds or without, and any offset
 * @returns Unix milliseconds; undefined for what is no instant
 */
export function readInstant(text: string): number | undefined {
  const isInstant = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/.test(text);
  const instant = isInstant && isDay(text.slice(0, 10)) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(instant) ? undefined : instant;
}

/** `2027-01-31`. Date.parse takes the 30th of February for the 2nd of March. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const start = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(start) && new Date(start).toISOString().startsWith(text);
}

/** Whether a time that is written down (ISO 8601) has come. */
export function hasPassed(instant: string | undefined, now: Date): boolean {
  return instant !== undefined && Date.parse(instant) <= now.getTime();
}

/** An instant for people: `2027-01-31 18:00 UTC`. */
export function formatInstant(instant: string): string {
  return `${new Date(instant).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
