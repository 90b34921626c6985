import { Key } from "../domain/key.ts";

const KEY_DIGITS = 32;
const LONG_HEX = /[0-9a-f]{32,}/gi;

/**
 * The last gate before a screen: `[key]` in place of the digits of every key that this process holds, bare or within a secret.
 * Values redact themselves; this is for words that others wrote (a program's output, a file that does not parse).
 */
export function redactKeys(text: string): string {
  return text.replace(LONG_HEX, redactRun);
}

function redactRun(run: string): string {
  for (let start = 0; start + KEY_DIGITS <= run.length; start++) {
    const end = start + KEY_DIGITS;
    if (Key.isHeld(run.slice(start, end).toLowerCase())) {
      return `${run.slice(0, start)}[key]${redactRun(run.slice(end))}`;
    }
  }
  return run;
}
