import { describe, expect, test } from "vitest";
import type { Person } from "../../../../../src/analytics/dashboard/api/shapes.ts";
import {
  chosenPeople,
  type PeopleChoice,
  quotaShare,
  stateOf,
} from "../../../../../src/analytics/dashboard/figures/people.ts";

const person = (username: string, more: Partial<Person> = {}): Person => ({
  ...{ username, mtproxy_enabled: true, refusal: null, connections: 0, last_seen: null, total_connections: 0 },
  ...{ bytes_in: 0, bytes_out: 0, used_bytes: 0, addresses_today: 0, limits: null, expires_at: null },
  ...more,
});
const quota = (bytes: number, used: number | null): Partial<Person> => ({
  limits: { quota: { bytes, period: "month" } },
  used_bytes: used,
});

const chosen = (people: readonly Person[], choice: Partial<PeopleChoice>) =>
  chosenPeople(
    people,
    { search: "", order: "name", isDescending: false, ...choice },
    new Intl.Collator("en").compare,
  ).map(({ username }) => username);

describe("people in a table", () => {
  const people = [
    person("bob", { bytes_out: 5, connections: 2, last_seen: "2026-11-21T10:00:00Z" }),
    person("Alice", { bytes_out: null, connections: "N/A", last_seen: "N/A" }),
    person("carol", { bytes_out: 50, mtproxy_enabled: false, last_seen: "2026-11-20T10:00:00Z" }),
    person("dave", { refusal: "expired", bytes_out: 5 }),
  ];

  test("are found by a part of their name, in either case", () => {
    expect(chosen(people, { search: " AL " })).toEqual(["Alice"]);
    expect(chosen(people, { search: "o" })).toEqual(["bob", "carol"]);
    expect(chosen(people, { search: "<img" })).toEqual([]);
  });

  test("stand by name, or by a figure, what is not known always last", () => {
    expect(chosen(people, {})).toEqual(["Alice", "bob", "carol", "dave"]);
    expect(chosen(people, { isDescending: true })).toEqual(["dave", "carol", "bob", "Alice"]);
    expect(chosen(people, { order: "to", isDescending: true })).toEqual(["carol", "bob", "dave", "Alice"]);
    expect(chosen(people, { order: "to" })).toEqual(["bob", "dave", "carol", "Alice"]);
    expect(chosen(people, { order: "seen", isDescending: true })).toEqual(["bob", "carol", "Alice", "dave"]);
    expect(chosen(people, { order: "connections", isDescending: true }).at(-1)).toBe("Alice");
    expect(chosen(people, { order: "state", isDescending: true })).toEqual(["bob", "dave", "Alice", "carol"]);
  });

  test("are online, offline, refused, disabled, or nobody knows", () => {
    expect(people.map(stateOf)).toEqual(["online", "unknown", "disabled", "refused"]);
    expect(stateOf(person("x"))).toBe("offline");
  });

  test("have used a share of their quota where there is one and somebody counts", () => {
    expect(quotaShare(person("x", quota(1000, 250)))).toBe(0.25);
    expect([quotaShare(person("x")), quotaShare(person("x", quota(1000, null)))]).toEqual([null, null]);
  });
});
