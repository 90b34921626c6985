import { Key } from "../domain/key.ts";

const KEY_DIGITS = 32;
const LONG_HEX = /[0-9a-f]{32,}/gi;

/**
 * The last gate before a screen: `[key]` in place of the digits of every key that this process holds, bare or within a secret.
 * Values redact themselves; this is for words that others wrote (a program's output, a file that does not parse).
 */
export function redactKeys(text: string): string {
  return mayHoldKey(text) ? text.replace(LONG_HEX, redactRun) : text;
}

/** A run of 32 digits covers a place whose number is a multiple of 32: of a long list little is looked at. */
function mayHoldKey(text: string): boolean {
  for (let at = 0; at < text.length; at += KEY_DIGITS) if (runAround(text, at) >= KEY_DIGITS) return true;
  return false;
}

/** How many hex digits in a row cover the place. */
function runAround(text: string, place: number): number {
  let end = place;
  while (isHexDigit(text.charCodeAt(end))) end += 1;
  if (end === place) return 0;
  let start = place;
  while (isHexDigit(text.charCodeAt(start - 1))) start -= 1;
  return end - start;
}

function isHexDigit(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 97 && code <= 102) || (code >= 65 && code <= 70);
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
