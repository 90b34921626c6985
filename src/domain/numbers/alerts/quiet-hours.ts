import { AppError } from "../../errors.ts";
import { shown } from "../../printable.ts";

/** When an admin sleeps; `from` after `to` goes over midnight. */
export interface QuietHours {
  /** Minutes since midnight. */
  readonly from: number;
  readonly to: number;
  /** As the time zone database names it: `Europe/Berlin`. */
  readonly zone: string;
}

const PATTERN = /^(\d\d?):(\d\d)\s*-\s*(\d\d?):(\d\d)(?:\s+(\S+))?$/;

/**
 * @param text `23:00-07:00` (UTC), `23:00-07:00 Europe/Berlin`
 * @throws AppError invalid
 */
export function parseQuietHours(text: string): QuietHours {
  const [, fromHour, fromMinute, toHour, toMinute, zone = "UTC"] = PATTERN.exec(text.trim()) ?? [];
  const [from, to] = [minutesOf(fromHour, fromMinute), minutesOf(toHour, toMinute)];
  if (from === undefined || to === undefined || from === to || !isZone(zone))
    throw new AppError("invalid", `"${shown(text)}" are no hours`, {
      hint: "for instance 23:00-07:00 (UTC), or '23:00-07:00 Europe/Berlin'",
    });
  return { from, to, zone };
}

export function formatQuietHours({ from, to, zone }: QuietHours): string {
  return `${clockTime(from)}-${clockTime(to)} ${zone}`;
}

export function isQuiet(hours: QuietHours | undefined, at: Date): boolean {
  if (hours === undefined) return false;
  const now = minuteIn(hours.zone, at);
  const { from, to } = hours;
  return from < to ? now >= from && now < to : now >= from || now < to;
}

function minutesOf(hour = "", minute = ""): number | undefined {
  const [hours, minutes] = [Number(hour), Number(minute)];
  return hour !== "" && hours < 24 && minutes < 60 ? hours * 60 + minutes : undefined;
}

function clockTime(minutes: number): string {
  return [Math.floor(minutes / 60), minutes % 60].map((it) => String(it).padStart(2, "0")).join(":");
}

function minuteIn(timeZone: string, at: Date): number {
  const format = new Intl.DateTimeFormat("en", { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const [hour = 0, minute = 0] = format.format(at).split(":").map(Number);
  return hour * 60 + minute;
}

function isZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone });
    return true;
  } catch {
    return false;
  }
}
