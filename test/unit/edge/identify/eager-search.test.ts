import { expect, it } from "vitest";
import { EagerSearch } from "../../../../src/edge/identify/eager-search.ts";
import { KeySearch } from "../../../../src/edge/identify/key-search.ts";
import { realClock, ScanQueue } from "../../../../src/edge/identify/scan-queue.ts";
import { headerOf, newKey, padded } from "./edge-keys.ts";

const alice = padded("alice");
const first = { kind: "header", header: headerOf(alice) } as const;
const plenty = { all: 1e6, address: 1e6, patience: 60_000 };
const search = (limits: object) => new KeySearch(new ScanQueue(realClock, { ...plenty, ...limits }));

it.each([
  ["at once, although a crowd could not be looked for", search({}), search({ all: 0 })],
  ["among the crowd when there is no time at once", search({ all: 0 }), search({})],
  ["among the crowd when its address had its share", search({ address: 0 }), search({})],
])("a stranger is found %s", async (_, atOnce, crowd) => {
  const eager = new EagerSearch(atOnce, crowd);
  eager.replace([newKey(), alice.key]);
  expect(await eager.find("a", first)).toMatchObject({ index: 1 });
  eager.replace([newKey()]);
  expect(await eager.find("b", first)).toBeUndefined();
});

it("who finds no time in either is busy", async () => {
  const eager = new EagerSearch(search({ all: 0 }), search({ all: 0 }));
  eager.replace([alice.key]);
  expect(await eager.find("a", first)).toBe("busy");
});
