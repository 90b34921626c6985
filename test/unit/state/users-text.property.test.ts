import fc from "fast-check";
import { type Node, parseTree } from "jsonc-parser";
import { expect, test } from "vitest";
import { parseUsers } from "../../../src/state/users-parse.ts";
import { editUsers, type UserEdit, type UserFields } from "../../../src/state/users-text.ts";
import { foreignMembers, foreignTree, layouts, render, type Tree } from "../../support/json-text.ts";

const ourMembers = fc.subarray<readonly [string, Tree]>([
  ['"mtproxy_enabled"', "false"],
  ['"mtproxy\\u005fnote"', '"\\u0041"'],
  ['"mtproxy_limits"', { members: [['"devices"', "3.0"]] }],
  ['"mtproxy_fake_tls"', "null"],
  ['"mtproxy_quota"', "1"],
  ['"mtproxy_enabled"', "true"],
]);

/** A record as the VLESS stack or we may have left it, its members in any order. */
const record = (name: string) =>
  fc
    .tuple(foreignMembers, ourMembers)
    .chain(([foreign, ours]) => {
      const members: (readonly [string, Tree])[] = [['"username"', JSON.stringify(name)], ...foreign, ...ours];
      return fc.shuffledSubarray(members, { minLength: members.length });
    })
    .map((members): Tree => ({ members }));

const oddRecord = fc.oneof(foreignTree, fc.constantFrom("Jörg M", "../x", "").chain(record));
const names = ["alice", "Bob", "c.d-e_f", "D4"];
const someRecords = fc
  .tuple(
    fc.subarray(names).chain((some) => fc.tuple(...some.map(record))),
    fc.array(oddRecord, { maxLength: 2 }),
  )
  .chain(([users, odd]) => fc.shuffledSubarray([...users, ...odd], { minLength: users.length + odd.length }));

const file = fc
  .record({
    list: someRecords,
    before: foreignMembers,
    after: foreignMembers,
    layout: layouts,
    mark: fc.constantFrom("", "\uFEFF"),
    end: fc.constantFrom("", "\n", "\r\n", " \n\n"),
  })
  .map(({ list, before, after, layout, mark, end }) => {
    const doubled: Tree = { list: ["1"] };
    const first = before.length > 2 ? [['"users"', doubled] as const] : [];
    const tree = { members: [...first, ...before, ['"users"', { list }] as const, ...after] };
    return mark + render(tree, layout) + end;
  });

const fields: fc.Arbitrary<UserFields> = fc.dictionary(
  fc.constantFrom("mtproxy_enabled", "mtproxy_quota", "mtproxy_marks", "mtproxy_sums"),
  fc.oneof(
    fc.constant(undefined),
    fc.constant(null),
    fc.boolean(),
    fc.array(fc.string()),
    fc.record({ a: fc.integer() }),
  ),
) as fc.Arbitrary<UserFields>;

/** mtproxy_enabled must stay true or false, or be absent. */
const validFields = fields.map(
  ({ mtproxy_enabled: value, ...rest }): UserFields =>
    typeof value === "boolean" ? { ...rest, mtproxy_enabled: value } : rest,
);

function bare(text: string): string {
  return text.replace(/^\uFEFF/, "");
}

function add(name: string, given: UserFields = {}): UserEdit {
  return { kind: "add", name, uuid: "11111111-2222-4333-8444-555555555555", proxyPassword: 'p"w', fields: given };
}

/** Every member of the file that is not ours, as it is spelt, by jsonc-parser: a reader that shares no code with ours. */
function foreignText(text: string): { outside: string[]; records: Map<number, string[]> } {
  const content = bare(text);
  const root = parseTree(content);
  const users = root?.children?.findLast((member) => member.children?.[0]?.value === "users")?.children?.[1];
  if (users === undefined) throw new Error("no users");
  const raw = ({ offset, length }: Node) => content.slice(offset, offset + length);
  const records = new Map<number, string[]>();
  for (const [index, node] of (users.children ?? []).entries()) {
    const members = node.type === "object" ? (node.children ?? []) : [node];
    records.set(
      index,
      members.filter((member) => !String(member.children?.[0]?.value).startsWith("mtproxy_")).map(raw),
    );
  }
  return { outside: [content.slice(0, users.offset), content.slice(users.offset + users.length)], records };
}

test("a record that is added and removed leaves the text as it was", () => {
  fc.assert(
    fc.property(file, fc.array(validFields, { minLength: 1, maxLength: 3 }), (text, given) => {
      const added = given.map((values, index) => add(`new${index}`, values));
      const full = editUsers(text, added);
      expect(parseUsers(full, "f").users.map(({ name }) => name)).toEqual([
        ...parseUsers(text, "f").users.map(({ name }) => name),
        ...added.map(({ name }) => name),
      ]);
      const removed = added.reduce((now, { name }) => editUsers(now, [{ kind: "remove-record", name }]), full);
      expect(removed).toBe(text);
      expect(editUsers(text, [...added, ...added.map(({ name }) => ({ kind: "remove-record", name }) as const)])).toBe(
        text,
      );
    }),
    { numRuns: 500 },
  );
});

test("fields that are set and cleared leave the text as it was without them", () => {
  fc.assert(
    fc.property(file, validFields, validFields, (text, first, second) => {
      for (const { name } of parseUsers(text, "f").users) {
        const cleared = editUsers(text, [{ kind: "clear", name }]);
        const once = editUsers(cleared, [{ kind: "set", name, fields: first }]);
        const twice = editUsers(once, [{ kind: "set", name, fields: second }]);
        expect(editUsers(twice, [{ kind: "clear", name }])).toBe(cleared);
        expect(editUsers(text, [{ kind: "set", name, fields: {} }])).toBe(text);
      }
    }),
    { numRuns: 300 },
  );
});

test("every edit does to the values what it says, and nothing to a byte of others", () => {
  fc.assert(
    fc.property(
      file,
      fc.array(fc.tuple(fc.nat(), fc.constantFrom("set", "clear", "remove-record", "add"), validFields), {
        maxLength: 6,
      }),
      (text, choices) => {
        let now = text;
        for (const [pick, kind, given] of choices) {
          const present = parseUsers(now, "f").users.map(({ name }) => name);
          const name = kind === "add" ? `new${pick}` : present[pick % Math.max(present.length, 1)];
          if (name === undefined || (kind === "add" && present.includes(name))) continue;
          const edit =
            kind === "set"
              ? ({ kind, name: name.toUpperCase(), fields: given } as const)
              : kind === "add"
                ? add(name, given)
                : ({ kind, name } as UserEdit);
          const next = editUsers(now, [edit]);
          expect(JSON.parse(bare(next))).toEqual(expected(JSON.parse(bare(now)), edit, name));
          expectForeignKept(now, next, edit, name);
          now = next;
        }
      },
    ),
    { numRuns: 400 },
  );
});

type Plain = Record<string, unknown> & { users: Record<string, unknown>[] };

/** The same edit on plain values. */
function expected(document: Plain, edit: UserEdit, name: string): Plain {
  const isTarget = (record: unknown) => (record as { username?: unknown } | null)?.username === name;
  const set = (record: Record<string, unknown>, values: object) =>
    Object.fromEntries(
      Object.entries({ ...record, ...values }).filter(
        ([key, value]) => !(Object.hasOwn(values, key) && (value === undefined || value === null)),
      ),
    );
  if (edit.kind === "remove-record")
    return { ...document, users: document.users.filter((record) => !isTarget(record)) };
  if (edit.kind === "add") {
    const { uuid, proxyPassword: proxy_password, fields: given } = edit;
    return {
      ...document,
      users: [...document.users, set({ username: name, uuid, proxy_password, mtproxy_created_record: true }, given)],
    };
  }
  const ours = (record: object) =>
    Object.fromEntries(
      Object.keys(record)
        .filter((key) => key.startsWith("mtproxy_"))
        .map((key) => [key, null]),
    );
  const users = document.users.map((record) =>
    isTarget(record) ? set(record, edit.kind === "set" ? edit.fields : ours(record)) : record,
  );
  return { ...document, users };
}

function expectForeignKept(before: string, after: string, edit: UserEdit, name: string): void {
  const [old, now] = [foreignText(before), foreignText(after)];
  expect(now.outside).toEqual(old.outside);
  const index = JSON.parse(bare(before)).users.findIndex(
    (record: { username?: unknown } | null) => record?.username === name,
  );
  const kept = [...old.records]
    .filter(([at]) => edit.kind !== "remove-record" || at !== index)
    .map(([, members]) => members);
  expect([...now.records.values()].slice(0, kept.length)).toEqual(kept);
}
