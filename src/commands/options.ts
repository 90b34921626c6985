import { AppError } from "../domain/errors.ts";
import { shown } from "../domain/printable.ts";

/** For an option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** Both included. */
interface Bounds {
  readonly least: number;
  readonly most: number;
}

/** For an option that is a whole number within bounds. */
export function parseCount(option: string, { least, most }: Bounds): (text: string) => number {
  return (text) => {
    const count = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (count >= least && count <= most) return count;
    throw new AppError("invalid", `${option} takes a number from ${least} to ${most}, not "${shown(text, 20)}"`);
  };
}
