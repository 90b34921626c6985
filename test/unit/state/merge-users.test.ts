import { expect, test } from "vitest";
import { mergeUsers } from "../../../src/state/merge-users.ts";

const K1 = `dd${"0".repeat(31)}1`;
const K2 = `dd${"0".repeat(31)}2`;
const merge = (present: unknown, saved: unknown) =>
  JSON.parse(
    mergeUsers({ text: JSON.stringify(present, null, 4), path: "now" }, { text: JSON.stringify(saved), path: "then" }),
  );

test("our fields are as they were saved, foreign ones as they are", () => {
  const present = {
    users: [{ username: "alice", uuid: "u2", quota: 5, mtproxy_secret: K2, mtproxy_notes: "new" }],
    count: 1,
  };
  const saved = { users: [{ username: "Alice", uuid: "u1", mtproxy_secret: K1, mtproxy_enabled: false }] };
  expect(merge(present, saved)).toEqual({
    users: [{ username: "alice", uuid: "u2", quota: 5, mtproxy_secret: K1, mtproxy_enabled: false }],
    count: 1,
  });
});

test("nobody of the VLESS stack is deleted, and who lost a secret since comes back with the whole record", () => {
  const present = {
    users: [
      { username: "vless", uuid: "u" },
      { username: "new", uuid: "v", mtproxy_secret: K2 },
    ],
  };
  const saved = {
    users: [
      { username: "gone", uuid: "g", short_id: "1", mtproxy_secret: K1 },
      { username: "old-vless", uuid: "o" },
    ],
  };
  expect(merge(present, saved).users).toEqual([
    { username: "vless", uuid: "u" },
    { username: "new", uuid: "v" },
    { username: "gone", uuid: "g", short_id: "1", mtproxy_secret: K1 },
  ]);
});

test("a record that we made and nobody used goes with its secret", () => {
  const ours = { username: "ours", uuid: "v", proxy_password: "p", mtproxy_secret: K2, mtproxy_created_record: true };
  expect(merge({ users: [ours] }, { users: [] }).users).toEqual([]);
});

test("who was added for VLESS alone since stays", () => {
  const later = { username: "later", uuid: "v", proxy_password: "p", mtproxy_created_record: true };
  expect(merge({ users: [later] }, { users: [] }).users).toEqual([later]);
});

test("where nothing differs not one byte changes", () => {
  const text = `{ "users" : [ {"username":"a", "n": 1.50,\t"mtproxy_secret":"${K1}"} ]}`;
  expect(mergeUsers({ text, path: "now" }, { text: text.replace(/\s/g, ""), path: "then" })).toBe(text);
});
