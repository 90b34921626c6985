import { AppError } from "../errors.ts";
import { isDay, readDuration, readInstant } from "../expiry.ts";
import { shown } from "../printable.ts";

/**
 * A moment of the past, as people and programs name it.
 * @param text `7d` or `24h` (so long ago), `2026-11-01` (where that day begins, UTC), `2026-11-01T18:00Z`, or Unix milliseconds
 * @returns Unix milliseconds
 * @throws AppError invalid
 */
export function parseMoment(text: string, now: Date): number {
  const ago = readDuration(text);
  const moment = ago === undefined ? readMoment(text.trim()) : now.getTime() - ago;
  if (moment !== undefined) return moment;
  throw new AppError("invalid", `"${shown(text, 40)}" is not a time`, {
    hint: "for instance 7d, 24h, 2026-11-01 (where that day begins, UTC) or 2026-11-01T18:00Z",
  });
}

function readMoment(text: string): number | undefined {
  if (isDay(text)) return Date.parse(`${text}T00:00:00Z`);
  return /^\d{12,14}$/.test(text) ? Number(text) : readInstant(text);
}
