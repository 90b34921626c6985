import { AppError } from "../../domain/errors.ts";
import { shown } from "../../domain/printable.ts";

/** An answer that has another form than every known version's. HAProxy's own words are in it: often they say what is wrong. */
export function strange(command: string, answer: string): AppError {
  const line = answer.split("\n", 1)[0] ?? "";
  return new AppError("engine", `HAProxy answers to "${command}": ${line === "" ? "nothing" : shown(line, 200)}`);
}

/** A whole number of at least 0. @throws what `otherwise` makes */
export function count(text: string | undefined, otherwise: () => AppError): number {
  const value = text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw otherwise();
}

/** `name=value` words; what else is in the line is left out. */
export function fieldsOf(words: string): Readonly<Record<string, string>> {
  const fields = words.split(" ").flatMap((word) => {
    const [, name, value] = /^([a-z]\w*(?:\(\d+\))?)=(.*)$/s.exec(word) ?? [];
    return name === undefined || value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(fields);
}
