import { AppError } from "./errors.ts";
import { Key } from "./key.ts";
import { harmless, shown, withoutDigits } from "./printable.ts";

/** What an admin writes down about a person. */
export interface UserLabels {
  /** One line, for the admin only. */
  readonly note?: string;
  readonly tags?: readonly string[];
  /** The group that the person is in; see domain/group.ts. */
  readonly group?: string;
  /** ISO 8601: when the link ends. */
  readonly expiresAt?: string;
}

const LONGEST_NOTE = 200;
const MOST_TAGS = 16;
const TAG = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}._-]{0,31}$/u;

/**
 * @returns the note in one line without blanks around it; undefined for an empty one
 * @throws AppError invalid for one that is too long, or that may hold a key: notes are shown in every list
 */
export function parseNote(text: string): string | undefined {
  const note = text.trim();
  if (note === "") return undefined;
  if (holdsKey(note))
    throw new AppError("invalid", "a note is shown in lists, and this one may hold a key", {
      hint: "leave links and secrets out of it",
    });
  if ([...note].length > LONGEST_NOTE || harmless(note) !== note)
    throw new AppError("invalid", `a note is one line of at most ${LONGEST_NOTE} characters`);
  return note;
}

/** A note that somebody wrote into the file by hand may hold a key all the same. */
export function shownNote(note: string): string {
  return holdsKey(note) ? withoutDigits(note) : note;
}

/** Telephone numbers are long too: digits alone are no key unless they are as long as one. */
function holdsKey(note: string): boolean {
  const words = note.replace(/\+?\b\d{6,20}\b/g, "");
  return /[0-9a-f]{32}/i.test(note) || withoutDigits(words) !== words;
}

/** @throws AppError invalid for a tag that is none, or too many */
export function parseTags(texts: readonly string[]): readonly string[] {
  const tags = [...new Set(texts.map((text) => parseTag(text.trim())))];
  if (tags.length > MOST_TAGS) throw new AppError("invalid", `a person has at most ${MOST_TAGS} tags`);
  return tags;
}

function parseTag(tag: string): string {
  if (TAG.test(tag) && !Key.isHeld(tag.toLowerCase())) return tag;
  throw new AppError("invalid", `"${shown(tag)}" is not a tag`, {
    hint: "a tag has 1 to 32 letters, digits and . _ - and starts with a letter or digit",
  });
}
