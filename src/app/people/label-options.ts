import { isDeepStrictEqual } from "node:util";
import { AppError } from "../../domain/errors.ts";
import { parseExpiry } from "../../domain/expiry.ts";
import { parseGroup } from "../../domain/group.ts";
import type { User } from "../../domain/user.ts";
import { parseNote, parseTags, type UserLabels } from "../../domain/user-labels.ts";

/** What is written down about a person, as it is typed. */
export interface LabelOptions {
  readonly note?: string | undefined;
  readonly tag?: readonly string[] | undefined;
  readonly group?: string | undefined;
  /** `30d`, `2027-01-31`, `never`. */
  readonly expires?: string | undefined;
}

/** @throws AppError invalid */
export function readLabels({ note, tag = [], group, expires }: LabelOptions, now: Date): UserLabels {
  const line = note === undefined ? undefined : parseNote(note);
  const end = expires === undefined ? null : parseExpiry(expires, now);
  return {
    ...(line === undefined ? {} : { note: line }),
    ...(tag.length === 0 ? {} : { tags: parseTags(tag) }),
    ...(group === undefined ? {} : { group: parseGroup(group) }),
    ...(end === null ? {} : { expiresAt: end }),
  };
}

/**
 * Adding somebody who is there prints the link and changes nothing, so what was asked for besides must be so already.
 * @throws AppError conflict
 */
export function refuseOtherLabels(user: User, labels: UserLabels): void {
  const others = Object.entries(labels).filter(([name, value]) => !isDeepStrictEqual(value, user[name as keyof User]));
  if (others.length === 0) return;
  throw new AppError("conflict", `${user.name} is there already, with another note, tag, group or expiry`, {
    hint: `mtproxy set-user ${user.name} changes them`,
  });
}
