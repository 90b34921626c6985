/** What terminals send for keys that are no characters; Home and End differ from one to the next (xterm, VT220, application mode). */
const NAMES: Readonly<Record<string, string>> = {
  "\x1b[A": "up",
  "\x1bOA": "up",
  "\x1b[B": "down",
  "\x1bOB": "down",
  "\x1b[5~": "pageup",
  "\x1b[6~": "pagedown",
  "\x1b[H": "home",
  "\x1bOH": "home",
  "\x1b[1~": "home",
  "\x1b[F": "end",
  "\x1bOF": "end",
  "\x1b[4~": "end",
};

const KEY = /\x1b(?:\[[\d;]*[A-Za-z~]|O[A-Za-z])|[\s\S]/g;

/** Key by key what a terminal in raw mode sent: characters as they are, the others by name, or empty for those that have none here. */
export function keysOf(sent: string): string[] {
  return (sent.match(KEY) ?? []).map((key) => (key.length === 1 ? key : (NAMES[key] ?? "")));
}

/** In raw mode a terminal sends Ctrl-C and Ctrl-D as characters. */
export function quits(key: string): boolean {
  return ["q", "Q", "\x03", "\x04"].includes(key);
}
