import { harmless } from "../domain/printable.ts";
import { printable } from "./terminal.ts";

const PLAIN = /^[\x20-\x7e]*$/;

/**
 * Data as text views get it: files of others and words of containers are in it, and a line break in one field would forge a line
 * or a table's row. Every text becomes one line that steers no terminal; what is plain, as nearly everything, stays the same object.
 */
export function inOneLineEach<T>(data: T): T;
export function inOneLineEach(data: unknown): unknown {
  if (typeof data === "string") return PLAIN.test(data) ? data : harmless(data);
  if (Array.isArray(data)) return isChanged(data) ? data.map((item) => inOneLineEach(item)) : data;
  if (!isPlainObject(data) || !isChanged(Object.values(data))) return data;
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [name, inOneLineEach(value)]));
}

function isChanged(values: readonly unknown[]): boolean {
  return values.some((value) => inOneLineEach(value) !== value);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** What a warning or an error says: colours are not its own either, and only its first line looks like one. */
export function asSaid(words: string): string {
  return printable(words, false).replace(/\n(?! )/g, "\n  ");
}
