import { Key } from "../domain/key.ts";

const KEY_DIGITS = 32;
const LONG_HEX = /[0-9a-f]{32,}/gi;
const HALF = KEY_DIGITS / 2;
const HEX_RUN = /[0-9a-f]{32}/i;

/**
 * The last gate before a screen: `[key]` in place of the digits of every key that this process holds, bare or within a secret.
 * Values redact themselves; this is for words that others wrote (a program's output, a file that does not parse).
 */
export function redactKeys(text: string): string {
  return mayHoldKey(text) ? text.replace(LONG_HEX, redactRun) : text;
}

/** A run of 32 digits covers a multiple of 32, and a place half a run before or behind it: of a long list little is looked at. */
function mayHoldKey(text: string): boolean {
  for (let at = KEY_DIGITS - 1; at < text.length; at += KEY_DIGITS) {
    if (!isHexDigit(text.charCodeAt(at))) continue;
    if (!isHexDigit(text.charCodeAt(at - HALF)) && !isHexDigit(text.charCodeAt(at + HALF - 1))) continue;
    if (HEX_RUN.test(text.slice(at - KEY_DIGITS + 1, at + KEY_DIGITS))) return true;
  }
  return false;
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
