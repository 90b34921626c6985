/** Controls, format characters that change the direction of text, half characters, line and paragraph separators. */
const STEERING = /[\p{C}\p{Zl}\p{Zp}]/gu;
const HEX_RUN = /[0-9a-f]{12,}/gi;
/** A secret in base64 or base64url has 22 characters or more. */
const BASE64_RUN = /[\w+/-]{20,}={0,2}/g;

/**
 * What somebody typed or a file holds, fit to stand in an error: at most `length` characters, none of which steers a terminal, and
 * without what may be most of a key that was pasted into the wrong place.
 */
export function shown(text: string, length = 40): string {
  const characters = [...withoutDigits(text)];
  const cut = characters.length > length ? [...characters.slice(0, length - 1), "…"] : characters;
  return harmless(cut.join(""));
}

/** The text in one line that steers no terminal. */
export function harmless(text: string): string {
  return text.replace(STEERING, "?");
}

/** The text with `[digits]` in place of every run that may be most of a key, in hex or base64. */
export function withoutDigits(text: string): string {
  return text.replace(HEX_RUN, "[digits]").replace(BASE64_RUN, (run) => (isRandom(run) ? "[digits]" : run));
}

const END_OF_A_KIND = /[a-z](?![a-z])|[A-Z](?![A-Z])|\d(?!\d)/g;

/** Small letters, capitals and numbers take turns all the time; in the words of a path or a name they hardly do. */
function isRandom(run: string): boolean {
  return (run.match(END_OF_A_KIND)?.length ?? 0) > run.length / 4;
}
