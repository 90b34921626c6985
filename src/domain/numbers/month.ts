import { AppError } from "../errors.ts";
import { isDay } from "../expiry.ts";
import { shown } from "../printable.ts";

/** A calendar month, UTC. */
export interface Month {
  /** `2026-11`. */
  readonly name: string;
  /** Unix milliseconds; `until` is where the next one begins. */
  readonly since: number;
  readonly until: number;
}

/**
 * @param text `2026-11`
 * @throws AppError invalid, for a month that has not begun too
 */
export function parseMonth(text: string, now: Date): Month {
  const name = text.trim();
  const hint = `for instance ${now.toISOString().slice(0, 7)}`;
  if (!isDay(`${name}-01`)) throw new AppError("invalid", `"${shown(name, 20)}" is not a month`, { hint });
  const [year = 0, month = 0] = name.split("-").map(Number);
  const since = Date.UTC(year, month - 1, 1);
  if (since > now.getTime()) throw new AppError("invalid", `${name} has not begun yet`, { hint });
  return { name, since, until: Date.UTC(year, month, 1) };
}
