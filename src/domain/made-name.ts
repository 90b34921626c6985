import { isUserName } from "./user.ts";

const MAX_LENGTH = 32;

/** A valid user name that is as near to the text as can be; undefined where nothing of it is left. */
export function makeUserName(text: string): string | undefined {
  const plain = text.normalize("NFKD").replace(/\p{M}/gu, "");
  const name = plain
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, MAX_LENGTH)
    .replace(/[-.]+$/, "");
  return isUserName(name) ? name : undefined;
}

/** The name, or the first of `name-2`, `name-3` … that is not taken. @param taken lower-case names */
export function makeUnique(name: string, taken: ReadonlySet<string>): string {
  for (let count = 1; ; count++) {
    const end = count === 1 ? "" : `-${count}`;
    const made = name.slice(0, MAX_LENGTH - end.length) + end;
    if (!taken.has(made.toLowerCase())) return made;
  }
}
