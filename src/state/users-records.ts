import { shown } from "../domain/printable.ts";
import { isUserName } from "../domain/user.ts";
import { isObject, type JsonObject } from "./fields.ts";
import { parseJson, unusable } from "./state-text.ts";

/** Lower-case name → index of the record that stands for it. */
export type Chosen = ReadonlyMap<string, number>;

/** Which record of users.json stands for whom, and what is odd about the others. */
interface Records {
  readonly chosen: Chosen;
  readonly all: readonly unknown[];
  readonly warnings: readonly string[];
}

/**
 * Names are unique without regard to case. Where the file has one twice, the record with a secret of ours counts.
 * @throws AppError invalid when the text is not JSON, has no list of users, or two records of one name have a secret each
 */
export function readRecords(text: string, path: string): Records {
  const all = listOf(parseJson(text, path), path);
  const chosen = new Map<string, number>();
  const warnings: string[] = [];
  for (const [index, record] of all.entries()) {
    const name = isObject(record) ? record.username : undefined;
    if (typeof name !== "string" || !isUserName(name)) {
      warnings.push(foreignName(path, index, name));
      continue;
    }
    const key = name.toLowerCase();
    const before = chosen.get(key);
    if (before !== undefined) warnings.push(double(path, name, [before, index], all));
    if (before === undefined || hasSecret(record)) chosen.set(key, index);
  }
  return { chosen, all, warnings };
}

/** `null` or nothing in the place of the list is an empty one. */
function listOf(document: unknown, path: string): readonly unknown[] {
  if (!isObject(document)) throw unusable(path, 'must be an object with a list "users"');
  const users = document.users ?? [];
  if (!Array.isArray(users)) throw unusable(path, 'must have a list in its field "users"');
  return users;
}

function foreignName(path: string, index: number, name: unknown): string {
  const named = typeof name === "string" ? JSON.stringify(shown(name)) : "no name";
  return `${path}: users[${index}] has ${named}, which cannot be a user here; it is left alone`;
}

function double(path: string, name: string, indexes: readonly [number, number], all: readonly unknown[]): string {
  const where = `users[${indexes[0]}] and users[${indexes[1]}]`;
  if (indexes.every((index) => hasSecret(all[index]))) {
    throw unusable(path, `has a mtproxy_secret for "${name}" twice, in ${where}: remove one of them`);
  }
  return `${path}: ${where} are both named "${name}"; one of them is left alone`;
}

function hasSecret(record: unknown): boolean {
  return isObject(record) && record.mtproxy_secret !== undefined && record.mtproxy_secret !== null;
}

/** Our field on records that we made. Together with no foreign field it says that the whole record is ours to remove. */
export const CREATED_MARK = "mtproxy_created_record";

const givenByUs: ReadonlySet<string> = new Set(["username", "uuid", "proxy_password"]);

export function isOurField(name: string): boolean {
  return name.startsWith("mtproxy_");
}

/** Whether we made the record and nobody added a field to it. */
export function isOursAlone(record: JsonObject): boolean {
  return record[CREATED_MARK] === true && Object.keys(record).every((name) => givenByUs.has(name) || isOurField(name));
}
