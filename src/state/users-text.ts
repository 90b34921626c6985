import { domainOf, revealSecret, type Secret } from "../domain/secret.ts";
import type { FormerSecret, ProxyUser } from "../domain/user.ts";
import type { UserLabels } from "../domain/user-labels.ts";
import { isUnlimited, type UserLimits } from "../domain/user-limits.ts";
import {
  append,
  changeMember,
  endOfItem,
  findMember,
  findMemberStart,
  findSequence,
  readMember,
  type Sequence,
  skipBlanks,
  writeSequence,
} from "./json-sequence.ts";
import { withoutMark } from "./state-text.ts";
import { type Style, UserList } from "./user-list.ts";
import { type Chosen, readRecords } from "./users-records.ts";

/** Our fields of a record; undefined and null take a field away. */
export type UserFields = Readonly<Record<`mtproxy_${string}`, unknown>>;

/** One change of users.json. Users are named without regard to case. */
export type UserEdit =
  | {
      readonly kind: "add";
      readonly name: string;
      readonly uuid: string;
      readonly proxyPassword: string;
      readonly fields: UserFields;
    }
  | { readonly kind: "set"; readonly name: string; readonly fields: UserFields }
  /** Takes all our fields away; the record stays with the VLESS stack. */
  | { readonly kind: "clear"; readonly name: string }
  | { readonly kind: "remove-record"; readonly name: string }
  /** Puts a whole record back as it stood elsewhere, foreign fields included. */
  | { readonly kind: "insert"; readonly name: string; readonly record: string };

/** What users.json starts as. */
export const emptyUsers = '{\n  "users": []\n}\n';

/** The fields that say everything about a user's secret, and what was written down about the person. */
export function fieldsOf({ secret, enabled, createdAt, limits, ...labels }: ProxyUser): UserFields {
  return {
    ...secretFields(secret),
    mtproxy_enabled: enabled,
    mtproxy_created_at: createdAt,
    ...labelFields(labels),
    ...(limits === undefined ? {} : limitFields(limits)),
  };
}

/** Takes the field away where nothing is bounded. */
export function limitFields(limits: UserLimits): UserFields {
  const { connections, addresses, quota, rate } = limits;
  const field = {
    ...(connections === undefined ? {} : { connections }),
    ...(addresses === undefined ? {} : { addresses }),
    ...(quota === undefined ? {} : { quota_bytes: quota.bytes, quota_period: quota.period }),
    ...(rate === undefined ? {} : { rate }),
  };
  return { mtproxy_limits: isUnlimited(limits) ? null : field };
}

/** The secret, and what spares others to take it apart. */
function secretFields(secret: Secret): UserFields {
  return {
    mtproxy_secret: revealSecret(secret),
    mtproxy_fake_tls: secret.mode === "fake-tls",
    mtproxy_fake_tls_domain: domainOf(secret),
  };
}

/** A new secret, and how long the one that it replaces goes on working; without that it ends, and so does one before. */
export function replacementFields(secret: Secret, former: FormerSecret | undefined): UserFields {
  return {
    ...secretFields(secret),
    mtproxy_previous_secret: former === undefined ? null : revealSecret(former.secret),
    mtproxy_previous_until: former === undefined ? null : former.until,
  };
}

/** What takes a former secret away. */
export const noFormer: UserFields = { mtproxy_previous_secret: null, mtproxy_previous_until: null };

/** Only of what is there: a field is taken away by its name. */
function labelFields({ note, tags, group, expiresAt }: UserLabels): UserFields {
  return {
    ...(note === undefined ? {} : { mtproxy_note: note }),
    ...(tags === undefined || tags.length === 0 ? {} : { mtproxy_tags: tags }),
    ...(group === undefined ? {} : { mtproxy_group: group }),
    ...(expiresAt === undefined ? {} : { mtproxy_expires_at: expiresAt }),
  };
}

/**
 * Changes the text and leaves every byte outside our own fields as it is. A new record is written in the style of the last one;
 * removing it again gives the text from before.
 * @throws AppError conflict for adding a name that is there, not-found for changing one that is not, invalid as `parseUsers`
 */
export function editUsers(
  text: string,
  edits: readonly UserEdit[],
  path = "users.json",
  chosen: Chosen = readRecords(text, path).chosen,
): string {
  if (edits.length === 0) return text;
  const { root, list, start, end } = takeApart(text);
  const style = styleOf(root);
  const users = new UserList(list, chosen, style);
  for (const edit of edits) users.apply(edit);
  return text.slice(0, start) + writeSequence(changeMember(root, "users", () => users.text())) + text.slice(end);
}

/** The records of the list as they stand in the text, in its order. */
export function recordTexts(text: string): string[] {
  return takeApart(text).list.items.map(({ body }) => body);
}

const noRecords: Sequence = { open: "[", items: [], tail: "" };

/** Root and list of users, found in one go: the list is nearly the whole text. */
function takeApart(text: string): { root: Sequence; list: Sequence; start: number; end: number } {
  const start = skipBlanks(text, text.length - withoutMark(text).length);
  const last: { list: Sequence } = { list: noRecords };
  const { sequence, end } = findSequence(text, start, (_, at) => {
    const { name, valueStart } = findMemberStart(text, at);
    if (name === "users") last.list = noRecords;
    if (name !== "users" || text[valueStart] !== "[") return endOfItem(text, at);
    const found = findSequence(text, valueStart);
    last.list = found.sequence;
    return found.end;
  });
  return { root: withList(sequence), list: last.list, start, end };
}

/** A file of others may have no list yet. */
function withList(root: Sequence): Sequence {
  return findMember(root, "users") === undefined ? append(root, '"users": []', { lead: "", tail: "" }) : root;
}

/** From the root: its members are one level deep, records two and theirs three. */
function styleOf({ items }: Sequence): Style {
  const [, newline = "", indent = ""] = /(\r?\n)([ \t]*)$/.exec(items[0]?.lead ?? "") ?? [];
  const level = (depth: number) => newline + indent.repeat(newline === "" ? 0 : depth);
  return {
    record: { lead: level(2), tail: level(1) },
    member: { lead: level(3), tail: level(2) },
    between: items[0] === undefined ? ": " : readMember(items[0].body).between,
  };
}
