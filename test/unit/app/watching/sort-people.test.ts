import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { holderOfFigures, holderOfProxy } from "../../../../src/app/watching/holder-stats.ts";
import { sortPeople } from "../../../../src/app/watching/sort-people.ts";
import { sortings } from "../../../../src/domain/numbers/choices.ts";
import { sharedHolder } from "../../../../src/domain/shard.ts";
import { userFigures } from "../../../support/snapshot.ts";

const people = [
  holderOfFigures(
    userFigures("bob", { connections: 1, bytesIn: 10, bytesOut: 500, lastSeen: "2026-11-20T00:00:00.000Z" }),
  ),
  holderOfFigures(userFigures("Alice", { connections: 8, totalConnections: 9, usedBytes: 7 })),
  holderOfFigures(userFigures("carol", { connections: null, bytesIn: null, bytesOut: null, usedBytes: null })),
  holderOfFigures(userFigures("dave", { totalConnections: 100, lastSeen: "2026-11-21T00:00:00.000Z" })),
];
const shared = holderOfProxy({
  holder: sharedHolder,
  activeConnections: 8,
  connectionsSinceStart: 9,
  bytesIn: 0,
  bytesOut: 0,
});
const sorted = (...args: Parameters<typeof sortPeople> extends [unknown, ...infer R] ? R : never) =>
  sortPeople([...people, shared], ...args).map(({ username }) => username);

describe("people are sorted by", () => {
  test.each([
    ["active", ["Alice", null, "bob", "dave", "carol"]],
    ["name", ["Alice", "bob", "carol", "dave", null]],
    ["total", ["dave", "Alice", null, "bob", "carol"]],
    ["traffic", ["bob", "Alice", "dave", null, "carol"]],
    ["used", ["Alice", "bob", "dave", null, "carol"]],
    ["seen", ["dave", "bob", "Alice", "carol", null]],
  ] as const)("%s", (by, names) => {
    expect(sorted(by)).toEqual(names);
    expect(sorted(by, true)).toEqual([...names].reverse());
  });
});

test("the order is the same in whichever order they came", () => {
  fc.assert(
    fc.property(
      fc.shuffledSubarray([...people, shared], { minLength: 5 }),
      fc.constantFrom(...sortings),
      (given, by) => {
        expect(sortPeople(given, by).map(({ username }) => username)).toEqual(sorted(by));
      },
    ),
  );
});
