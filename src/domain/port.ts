import { AppError } from "./errors.ts";
import { shown } from "./printable.ts";

/** First and last port, both included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

export function isPort(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 65535;
}

/** @throws AppError invalid unless the text is a whole number from 1 to 65535 */
export function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!isPort(port))
    throw new AppError("invalid", `"${shown(text, 20)}" is not a port`, {
      hint: "a port is a number from 1 to 65535",
    });
  return port;
}

/** @throws AppError invalid unless the text is two ports joined by a hyphen, the smaller first */
export function parsePortRange(text: string): PortRange {
  const [from = "", to = "", more] = text.split("-");
  const range = { first: parsePort(from), last: parsePort(to) };
  if (more !== undefined || range.first > range.last) {
    throw new AppError("invalid", `"${shown(text, 20)}" is not a port range`, { hint: "write it as 8444-8543" });
  }
  return range;
}

export function formatPortRange(range: PortRange): string {
  return `${range.first}-${range.last}`;
}
