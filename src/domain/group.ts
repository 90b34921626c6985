import { AppError } from "./errors.ts";
import { Key } from "./key.ts";
import { shown } from "./printable.ts";

const NAME = /^[a-z0-9][a-z0-9._-]{0,31}$/;

/**
 * The name of a group of people, who may be promoted a channel of their own. Capitals count as small letters.
 * @throws AppError invalid
 */
export function parseGroup(text: string): string {
  const name = text.trim().toLowerCase();
  if (NAME.test(name) && !Key.isHeld(name)) return name;
  throw new AppError("invalid", `"${shown(text)}" is not the name of a group`, {
    hint: "a group has 1 to 32 of a-z 0-9 . _ - and starts with a letter or digit",
  });
}
