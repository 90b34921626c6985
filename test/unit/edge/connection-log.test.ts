import { readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { householdOf, type LoggedAddresses, logLine } from "../../../src/domain/connection-log.ts";
import type { ConnectionRecord } from "../../../src/domain/connection-record.ts";
import { ConnectionLog } from "../../../src/edge/connection-log.ts";
import { tempFolder } from "../../support/temp-home.ts";

const record: ConnectionRecord = {
  id: "0a1b",
  startedAt: new Date("2026-11-21T12:00:00.000Z"),
  endedAt: new Date("2026-11-21T12:00:04.008Z"),
  from: "203.0.113.7",
  user: "alice",
  why: "ok",
  verdict: "ok",
  server: "alice",
  bytesIn: 64,
  bytesOut: 1000,
};
const { user: _, server: __, ...nobody } = record;
const stranger: ConnectionRecord = { ...nobody, why: "unknown", verdict: "stranger" };

describe("a line", () => {
  test("says who, what became of it, how much and how long", () => {
    expect(logLine(record, "full")).toBe(
      "2026-11-21T12:00:04.008Z mtproxy from=203.0.113.7 user=alice verdict=ok why=ok in=64 out=1000 seconds=4.008",
    );
    expect(logLine(stranger, "full", true)).toMatch(/ user=- verdict=stranger why=unknown .* familiar$/);
  });

  test.each([
    ["203.0.113.7", "203.0.113.0/24"],
    ["2001:db8:1:2::7", "2001:db8:1::/48"],
    ["2001:0db8::1", "2001:db8:0::/48"],
    ["::1", "0:0:0::/48"],
    ["1:2:3:4:5:6:7:8", "1:2:3::/48"],
  ])("tells of %s its network, or nothing", (from, network) => {
    expect(logLine({ ...record, from }, "truncated")).toContain(` from=${network} `);
    expect(logLine({ ...record, from }, "off")).toContain(" from=- ");
  });

  test("cannot be made to say more than it says, whatever came", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (from, user, why) => {
        const line = logLine({ ...record, from, user, why }, "full");
        expect(line.split(" ")).toHaveLength(9);
        expect(line).not.toMatch(/[\n\r]/);
      }),
    );
  });

  test("of one household has one network", () => {
    expect(householdOf("2001:db8:1:2:aaaa::1")).toBe(householdOf("2001:db8:1:2::9"));
    expect(householdOf("2001:db8:1:2::1")).not.toBe(householdOf("2001:db8:1:3::1"));
    expect(householdOf("203.0.113.7")).not.toBe(householdOf("203.0.113.8"));
  });
});

describe("the log", () => {
  async function openLog(options: { addresses?: LoggedAddresses; strangersEnd?: number } = {}) {
    const path = join(await tempFolder(), "haproxy-mtproxy.log");
    const log = new ConnectionLog(path, options.strangersEnd);
    const write = (records: readonly ConnectionRecord[]) => log.write(records, options.addresses ?? "full");
    return { path, write, lines: async () => (await readFile(path, "utf8")).split("\n").slice(0, -1) };
  }

  test("goes on in the file that is there, and after a rotation at its start", async () => {
    const { path, write, lines } = await openLog();
    await writeFile(path, "before\n");
    await write([record, stranger]);
    expect(await lines()).toEqual(["before", logLine(record, "full"), logLine(stranger, "full", true)]);
    await truncate(path);
    await write([record]);
    expect(await lines()).toEqual([logLine(record, "full")]);
  });

  test("is not for everybody's eyes", async () => {
    const { path, write } = await openLog();
    await write([]);
    await write([record]);
    expect((await stat(path)).mode & 0o777).toBe(0o640);
  });

  test("marks strangers from where somebody with a key came, and nobody else's", async () => {
    const { write, lines } = await openLog();
    await write([stranger, record, stranger, { ...stranger, from: "203.0.113.8" }]);
    expect((await lines()).map((line) => line.endsWith(" familiar"))).toEqual([false, false, true, false]);
  });

  test("leaves strangers out when it has grown too large, and nobody else", async () => {
    const { write, lines } = await openLog({ strangersEnd: 50 });
    await write([stranger]);
    await write([stranger, record, stranger]);
    expect(await lines()).toEqual([logLine(stranger, "full"), logLine(record, "full")]);
  });
});
