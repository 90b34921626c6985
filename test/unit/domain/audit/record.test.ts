import { expect, test } from "vitest";
import type { Begun, Ended } from "../../../../src/domain/audit/entry.ts";
import { peopleIn } from "../../../../src/domain/audit/people-in.ts";
import { isAbout, joinEntries } from "../../../../src/domain/audit/record.ts";

const begun = (id: string, minute: number, typed: readonly string[]): Begun => ({
  ...{ id, entry: "begin", at: `2026-11-21T12:0${minute}:00.000Z`, actor: "person", typed },
  ...{ user: "root", uid: 0, terminal: "pts/0", from: "203.0.113.9", command: typed[1] ?? "", dryRun: false },
  ...{ pid: 7, program: "0.1.0" },
});
const ended = (id: string, exitCode: number, about: readonly string[] = []): Ended => ({
  ...{ id, entry: "end", at: "2026-11-21T12:09:00.000Z", exitCode, milliseconds: 40, about },
  error: exitCode === 0 ? null : "it did not work",
});

test("beginnings find their ends, whatever came between, in the order in which they began", () => {
  const records = joinEntries([
    ended("b", 4),
    begun("b", 2, ["mtproxy", "add-user", "bob"]),
    begun("c", 3, ["mtproxy", "apply"]),
    begun("a", 1, ["mtproxy", "add-user", "alice"]),
    ended("a", 0, ["alice"]),
    ended("of a beginning that is gone", 0),
  ]);
  expect(records.map(({ id, outcome, exitCode, words }) => [id, outcome, exitCode, words])).toEqual([
    ["a", "done", 0, null],
    ["b", "failed", 4, "it did not work"],
    ["c", "unfinished", null, null],
  ]);
});

test("a change is about those whom its result names, and those who were typed, in either case of letters", () => {
  const [killed, listed] = joinEntries([
    begun("a", 1, ["mtproxy", "add-user", "Bob"]),
    begun("b", 2, ["mtproxy", "rotate", "--all"]),
    ended("b", 0, ["alice", "carol"]),
  ]);
  const about = (record: typeof killed, name: string) => record !== undefined && isAbout(record, name);
  expect([about(killed, "bob"), about(killed, "alice"), about(listed, "carol"), about(listed, "bob")]).toEqual([
    true,
    false,
    true,
    false,
  ]);
  expect(about(killed, "add-user")).toBe(false);
});

test("people are found where results have them, and nothing else is taken for one", () => {
  expect(peopleIn({ users: [{ username: "bob" }, { username: "alice" }], port: 443 })).toEqual(["alice", "bob"]);
  expect(peopleIn({ expired: ["carol"], overlapsEnded: [], applied: true })).toEqual(["carol"]);
  expect(peopleIn({ comes: ["dora"], goes: [], coverDomains: { comes: ["example.com"], goes: [] } })).toEqual(["dora"]);
  expect(peopleIn(undefined)).toEqual([]);
});
