import { readdirSync, readFileSync } from "node:fs";
import { expect, it, onTestFinished } from "vitest";
import { SearchThread } from "../../src/edge/identify/search-thread.ts";
import { headerOf, helloOf, newKey, padded } from "../unit/edge/identify/edge-keys.ts";

const PATIENCE = 30_000;
const keys = Array.from({ length: 300 }, () => newKey());
const wanted = { ...padded("alice"), key: keys[250] ?? newKey() };
const header = { kind: "header", header: headerOf(wanted) } as const;

async function searchThread(): Promise<{ search: SearchThread; faults: string[] }> {
  const faults: string[] = [];
  // It gives way to all other tests, too.
  const search = await SearchThread.start((what) => void faults.push(what), PATIENCE);
  onTestFinished(() => search.close());
  search.replace(keys);
  return { search, faults };
}

it("finds the key of a header and of a hello, and none for a stranger, in a thread that gives way to all others", async () => {
  const { search } = await searchThread();
  expect(await search.find("a", header)).toMatchObject({ index: 250 });
  const hello = { kind: "hello", record: helloOf(wanted) } as const;
  expect(await search.find("b", hello)).toMatchObject({ index: 250, unixTime: expect.any(Number) });
  expect(await search.find("c", { kind: "header", header: headerOf(padded("nobody")) })).toBeUndefined();
  const threads = readdirSync("/proc/self/task").map((id) => readFileSync(`/proc/self/task/${id}/stat`, "utf8"));
  // Fields 19 and 41 are how nice it is and its policy (proc(5)); the name before may have blanks in it. 5 is SCHED_IDLE.
  const ways = threads.map((stat) => stat.slice(stat.lastIndexOf(")")).split(" "));
  expect(ways.map((fields) => [fields[17], fields[39]])).toContainEqual(["19", "5"]);
});

it("looks among the keys of the moment when it was asked, and among new ones after that", async () => {
  const { search } = await searchThread();
  const before = search.find("a", header);
  search.replace([newKey(), wanted.key]);
  expect([await before, await search.find("b", header)]).toMatchObject([{ index: 250 }, { index: 1 }]);
});

it("is there again after its thread ended, and who waited is told to come again", async () => {
  const { search, faults } = await searchThread();
  // No client's header has that length: the agent looks at it first.
  expect(await search.find("a", { kind: "header", header: new Uint8Array(3) })).toBe("busy");
  expect(faults).toEqual([expect.stringContaining("the search ended")]);
  expect(await search.find("b", header)).toBe("busy");
  await expect.poll(() => search.find("c", header)).toMatchObject({ index: 250 });
});
