import { AppError } from "../domain/errors.ts";
import {
  append,
  changeMember,
  findMember,
  type Item,
  readMember,
  readSequence,
  type Sequence,
  separatorOf,
  without,
  writeSequence,
} from "./json-sequence.ts";
import type { Style } from "./user-list.ts";
import { CREATED_MARK, isOurField } from "./users-records.ts";
import type { UserEdit, UserFields } from "./users-text.ts";

/** Text of a record that we make, in the style of the last one. */
export function newRecord(edit: UserEdit & { kind: "add" }, records: readonly Item[], style: Style): string {
  const { name: username, uuid, proxyPassword: proxy_password, fields } = edit;
  const values = { username, uuid, proxy_password, ...givenOf(fields), [CREATED_MARK]: true };
  const { lead, separator, tail, between } = layoutOf(records, style);
  const members = Object.entries(values).map(([field, value]) => memberText(field, between, value));
  return `{${lead}${members.join(separator)}${tail}}`;
}

/** The record with our fields set, or taken away where the value is undefined or null. */
export function withFields(record: string, fields: UserFields, style: Style): string {
  const all = Object.entries(fields).reduce((sequence, [name, value]) => {
    if (!isOurField(name)) throw new AppError("bug", `the field ${name} of users.json is not ours to change`);
    return value === undefined || value === null
      ? withoutMembers(sequence, (member) => member === name)
      : withField(sequence, name, value, style);
  }, readSequence(record));
  return writeSequence(all);
}

export function withoutOurFields(record: string): string {
  return writeSequence(withoutMembers(readSequence(record), isOurField));
}

function withField(record: Sequence, name: string, value: unknown, style: Style): Sequence {
  if (findMember(record, name) === undefined) {
    return append(record, memberText(name, betweenOf(record) ?? style.between, value), style.member);
  }
  const next = JSON.stringify(value);
  return changeMember(record, name, (old) => (JSON.stringify(JSON.parse(old)) === next ? old : next));
}

function withoutMembers(record: Sequence, isGone: (name: string) => boolean): Sequence {
  return without(record, ({ body }) => isGone(readMember(body).name), { lead: "", tail: "" });
}

interface Layout {
  readonly lead: string;
  readonly separator: string;
  readonly tail: string;
  readonly between: string;
}

function layoutOf(records: readonly Item[], style: Style): Layout {
  const model = records.findLast(({ body }) => /^\{\s*"/.test(body));
  if (model === undefined) return firstLayout(style);
  const record = readSequence(model.body);
  return {
    lead: record.items[0]?.lead ?? "",
    separator: separatorOf(record, style.member),
    tail: record.tail,
    between: betweenOf(record) ?? style.between,
  };
}

function firstLayout({ member, between }: Style): Layout {
  const separator = member.lead === "" && between.endsWith(" ") ? ", " : `,${member.lead}`;
  return { ...member, separator, between };
}

function betweenOf(record: Sequence): string | undefined {
  const last = record.items.at(-1);
  return last && readMember(last.body).between;
}

function memberText(name: string, between: string, value: unknown): string {
  return `${JSON.stringify(name)}${between}${JSON.stringify(value)}`;
}

function givenOf(fields: UserFields): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null));
}
