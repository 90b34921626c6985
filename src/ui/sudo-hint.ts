import { AppError, AS_ROOT } from "../domain/errors.ts";

/** Digits of a key, or the whole of a link: what nobody repeats. */
const PRIVATE = /[0-9a-f]{32}|secret=/i;

/**
 * The same error, with the line to type where root could do what was typed.
 * @param words of the command line, the program's name first
 */
export function withSudo(error: AppError, words: readonly string[], uid: number): AppError {
  if (uid === 0 || error.hint?.startsWith(AS_ROOT) !== true) return error;
  const line = words.some((word) => PRIVATE.test(word))
    ? `sudo ${words[0]} …`
    : `sudo ${words.map(shellWord).join(" ")}`;
  const { kind, message, hint, data, cause } = error;
  return new AppError(kind, message, { hint: hint.replace(AS_ROOT, line), data, cause });
}

/** As a shell takes it for one word. */
export function shellWord(word: string): string {
  return /^[\w./:@=,+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
