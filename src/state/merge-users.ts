import { isObject, type JsonObject } from "./fields.ts";
import { parseUsers } from "./users-parse.ts";
import { CREATED_MARK, isOurField, readRecords } from "./users-records.ts";
import { editUsers, recordTexts, type UserEdit, type UserFields } from "./users-text.ts";

/** A users.json and how errors name it. */
export interface NamedText {
  readonly text: string;
  readonly path: string;
}

/**
 * The present users.json with everybody's MTProxy fields as they were when the other one was saved. Nobody of the VLESS stack is
 * deleted and no foreign field changes; who had MTProxy fields then and is missing now comes back with the whole record, and who
 * has some now and had none then loses them, as `remove-user` takes them away.
 * @throws AppError invalid when one of the two is not a users.json
 */
export function mergeUsers(present: NamedText, saved: NamedText): string {
  const { isOurs } = parseUsers(present.text, present.path);
  const now = ourRecords(present);
  const then = ourRecords(saved);
  const { chosen } = readRecords(present.text, present.path);
  const edits: UserEdit[] = [];
  for (const [key, { name, fields, record }] of then) {
    if (!chosen.has(key)) edits.push({ kind: "insert", name, record });
    else edits.push({ kind: "set", name, fields: { ...emptied(now.get(key)?.fields ?? {}), ...fields } });
  }
  for (const [key, { name }] of now)
    if (!then.has(key)) edits.push({ kind: isOurs(name) ? "remove-record" : "clear", name });
  return editUsers(present.text, edits, present.path);
}

interface OurRecord {
  readonly name: string;
  readonly fields: UserFields;
  /** The whole record as text. */
  readonly record: string;
}

/** Records with a field of ours, by lower-case name. That we made a record says nothing of what its owner has. */
function ourRecords({ text, path }: NamedText): Map<string, OurRecord> {
  const { chosen, all } = readRecords(text, path);
  const texts = recordTexts(text);
  const found = [...chosen].flatMap(([key, index]): [string, OurRecord][] => {
    const record = all[index];
    if (!isObject(record)) return [];
    const fields = ourFields(record);
    if (Object.keys(fields).length === 0) return [];
    return [[key, { name: String(record.username), fields, record: texts[index] ?? "" }]];
  });
  return new Map(found);
}

function ourFields(record: JsonObject): UserFields {
  const ours = Object.entries(record).filter(([name]) => isOurField(name) && name !== CREATED_MARK);
  return Object.fromEntries(ours);
}

function emptied(fields: UserFields): UserFields {
  return Object.fromEntries(Object.keys(fields).map((name) => [name, undefined]));
}
