import { harmless, withoutDigits } from "../printable.ts";

const MOST_WORDS = 60;
const MOST_CHARACTERS = 200;

/** `user:password@` of an address. */
const CREDENTIALS = /(?<=:\/\/)[^/\s@]+@/g;
/** Of a link, however long what follows is. */
const LINK_SECRET = /\b(secret|token|key)=[^&\s]+/gi;

/** Words of a command line, fit to be kept: without what may be most of a key, of a link or of a password. */
export function keptWords(typed: readonly string[]): string[] {
  const kept = typed.slice(0, MOST_WORDS).map((word, index) => keptWord(withoutPlace(word, typed[index - 1])));
  return typed.length > MOST_WORDS ? [...kept, "…"] : kept;
}

/** Of a webhook, what follows the host may be what lets one in. */
function withoutPlace(word: string, before: string | undefined): string {
  const isAddress = before === "--url" || word.startsWith("--url=");
  return isAddress ? word.replace(/(?<=:\/\/[^/?#]+)[/?#].+$/s, "/[hidden]") : word;
}

/** The same for a sentence. */
export function keptWord(text: string): string {
  const hidden = withoutDigits(text.replace(CREDENTIALS, "[hidden]@").replace(LINK_SECRET, "$1=[hidden]"));
  const characters = [...hidden];
  return harmless(
    characters.length > MOST_CHARACTERS ? `${characters.slice(0, MOST_CHARACTERS - 1).join("")}…` : hidden,
  );
}
