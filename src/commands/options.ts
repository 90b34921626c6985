import { AppError } from "../domain/errors.ts";
import { shown } from "../domain/printable.ts";

/** For an option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** For an option that is a whole number within bounds, both included. */
export function parseCount(option: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const count = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (count >= least && count <= most) return count;
    throw new AppError("invalid", `${option} takes a number from ${least} to ${most}, not "${shown(text, 20)}"`);
  };
}
