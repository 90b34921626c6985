import { AppError } from "../../domain/errors.ts";
import { shown } from "../../domain/printable.ts";

/** Nothing that HAProxy would read as more than a name. */
export function nameWord(name: string): string {
  return word(name, /^[\w.:-]{1,64}$/, "name");
}

/** A key of a table: a name, an address, or both with a slash between them. */
export function keyWord(key: string): string {
  return word(key, /^[\w.:/-]{1,128}$/, "key of a table");
}

export function fieldWord(field: string): string {
  return word(field, /^[a-z]\w{0,31}$/, "field of a table");
}

export function addressWord(address: string): string {
  return word(address, /^[0-9a-fA-F.:]{2,45}$/, "address");
}

export function pointerWord(pointer: string): string {
  return word(pointer, /^0x[0-9a-f]{1,16}$/, "session");
}

export function numberWord(value: number): string {
  if (Number.isSafeInteger(value) && value >= 0) return String(value);
  throw new AppError("bug", "HAProxy is told a number that is none");
}

function word(text: string, form: RegExp, what: string): string {
  if (form.test(text)) return text;
  throw new AppError("bug", `HAProxy cannot be told "${shown(text)}": it is no ${what}`);
}
