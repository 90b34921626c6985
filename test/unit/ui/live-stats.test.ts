import { beforeEach, describe, expect, test } from "vitest";
import { holderOfFigures } from "../../../src/app/watching/holder-stats.ts";
import type { Stats } from "../../../src/app/watching/read-stats.ts";
import { shardOfFigures } from "../../../src/app/watching/shard-stats.ts";
import { LiveStats } from "../../../src/ui/live-stats.ts";
import { createStyle } from "../../../src/ui/style.ts";
import { shardFigures, userFigures } from "../../support/snapshot.ts";

const style = createStyle(false);

function stats(people: number, shards = 1): Stats {
  const names = Array.from({ length: people }, (_, index) => `user-${String(index).padStart(3, "0")}`);
  return {
    ...{
      engine: "docker",
      at: "2026-11-21T12:00:00.000Z",
      source: "daemon",
      activeConnections: 1,
      totalConnections: 2,
    },
    shards: Array.from({ length: shards }, (_, index) => shardOfFigures(shardFigures({ id: index + 1 }))),
    users: names.map((name, index) =>
      holderOfFigures(userFigures(name, { connections: people - index, bytesOut: index })),
    ),
    usersNote: null,
  };
}

let live: LiveStats;
beforeEach(() => {
  live = new LiveStats();
});
const paint = async (shown: Stats, rows = 40, trouble?: string) =>
  (await live.paint({ stats: shown, trouble }, style, { columns: 120, rows })).split("\n");
const names = (lines: readonly string[]) => lines.flatMap((line) => /│ (user-\d+)/.exec(line)?.[1] ?? []);

describe("the live picture", () => {
  test.each([12, 24, 40, 100])("of 500 people and 40 proxies fits into %i lines, with the keys last", async (rows) => {
    const lines = await paint(stats(500, 40), rows, "no figures of familytraffic-mtproxy-3");
    if (rows > 20) expect(lines.length).toBeLessThan(rows);
    expect(names(lines).length).toBeGreaterThan(0);
    expect(lines.at(-1)).toMatch(/q quits$/);
    expect(lines.at(-2)).toContain("familytraffic-mtproxy-3");
  });

  test("fills the screen with people, and says how many there are", async () => {
    const lines = await paint(stats(500), 40);
    expect(lines.length).toBe(39);
    expect(lines).toContain("  1 to 22 of 500 people");
  });

  test("scrolls to everybody and no further, and not back before the first", async () => {
    const shown = stats(60);
    await paint(shown);
    for (const key of ["down", "down", "up"]) live.press(key);
    expect(names(await paint(shown))[0]).toBe("user-001");
    live.press("end");
    expect(names(await paint(shown)).at(-1)).toBe("user-059");
    live.press("pagedown");
    expect(names(await paint(shown)).at(-1)).toBe("user-059");
    live.press("home");
    live.press("pageup");
    expect(names(await paint(shown))[0]).toBe("user-000");
  });

  test("keeps to those who are there when people go, or the terminal grows", async () => {
    await paint(stats(60));
    live.press("end");
    await paint(stats(60));
    expect(names(await paint(stats(5)))).toHaveLength(5);
    live.press("end");
    expect(names(await paint(stats(5), 60))[0]).toBe("user-000");
  });

  test("is sorted by a key, turned round by another, and shows by what", async () => {
    const shown = stats(3);
    expect((await paint(shown)).join("\n")).toMatch(/Active ▼/);
    live.press("t");
    const busiest = await paint(shown);
    expect([names(busiest), busiest.join("\n")]).toEqual([
      ["user-002", "user-001", "user-000"],
      expect.stringMatching(/To them ▼/),
    ]);
    live.press("r");
    expect(names(await paint(shown))[0]).toBe("user-000");
    live.press("n");
    live.press("r");
    const named = await paint(shown);
    expect([names(named)[0], named.join("\n")]).toEqual(["user-000", expect.stringMatching(/Username ▲/)]);
  });

  test("says why there are no people", async () => {
    const lines = await paint({ ...stats(0), users: null, usersNote: "figures of each person need HAProxy routing" });
    expect(lines).toContain("figures of each person need HAProxy routing");
  });
});
