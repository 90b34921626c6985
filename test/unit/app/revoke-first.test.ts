import { expect, test } from "vitest";
import { lostServers } from "../../../src/app/routing/revoke-first.ts";
import type { EdgeEntry } from "../../../src/domain/edge-entries.ts";
import type { Key } from "../../../src/domain/key.ts";
import { numberedKey } from "../../support/domain.ts";

const [K1, K2, K3] = [numberedKey(1), numberedKey(2), numberedKey(3)];

function entry(key: Key, holder: string, server = holder, more: Partial<EdgeEntry> = {}): EdgeEntry {
  return { key, holder, server, shardId: 1, family: "obfuscated", coverDomains: [], ...more };
}

const inUse = (...entries: EdgeEntry[]) =>
  new Map(entries.map(({ key, holder, server }) => [key.reveal(), { holder, server }]));

test("who keeps every key loses no connection, whatever is new beside it", () => {
  expect(lostServers(inUse(entry(K1, "alice")), [entry(K1, "alice"), entry(K2, "bob")])).toEqual([]);
  expect(lostServers(inUse(entry(K1, "alice")), [entry(K1, "alice", "alice:old"), entry(K2, "alice")])).toEqual([]);
});

test("who is gone, disabled or has another key loses the connections, and nobody else", () => {
  const before = inUse(entry(K1, "alice"), entry(K2, "bob"));
  expect(lostServers(before, [entry(K2, "bob")])).toEqual(["alice"]);
  expect(lostServers(before, [entry(K1, "alice", "alice", { refusal: "disabled" }), entry(K2, "bob")])).toEqual([
    "alice",
  ]);
  expect(lostServers(before, [entry(K3, "alice"), entry(K2, "bob")])).toEqual(["alice"]);
});

test("at the end of an overlap both entries are closed: a connection may be older than the overlap", () => {
  const before = inUse(entry(K1, "alice", "alice:old"), entry(K2, "alice"));
  expect(lostServers(before, [entry(K2, "alice")]).sort()).toEqual(["alice", "alice:old"]);
});
