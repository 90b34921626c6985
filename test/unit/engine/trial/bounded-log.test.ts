import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BoundedLog, olderLog } from "../../../../src/engine/trial/bounded-log.ts";
import { readLog } from "../../../../src/engine/trial/read-log.ts";

let folder: string;
let path: string;
let descriptor: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mtproxy-log-"));
  path = join(folder, "trial-server.log");
  descriptor = openSync(path, "a");
});
afterEach(() => {
  closeSync(descriptor);
  rmSync(folder, { recursive: true });
});

async function linesOf(options: Parameters<typeof readLog>[1]): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of readLog(path, options)) lines.push(line);
  return lines;
}

describe("the bounded log", () => {
  it("writes a line an entry, with its time, whatever the text holds", () => {
    new BoundedLog(descriptor, path).write("two\nlines\tof text");
    expect(readFileSync(path, "utf8")).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z two lines of text\n$/);
  });

  it("never holds much more than twice its bound, and goes on in the same file", () => {
    const log = new BoundedLog(descriptor, path, 1_000);
    for (let number = 0; number < 500; number++) log.write(`entry ${number}`);
    expect(statSync(path).size).toBeLessThan(1_100);
    expect(statSync(olderLog(path)).size).toBeLessThan(1_100);
    writeSync(descriptor, "the runtime's last words\n");
    expect(readFileSync(path, "utf8").endsWith("entry 499\nthe runtime's last words\n")).toBe(true);
  });

  it("does not mind a descriptor that is gone", () => {
    const closed = openSync(path, "a");
    closeSync(closed);
    new BoundedLog(closed, path).write("nobody reads this");
  });
});

describe("readLog", () => {
  it("gives the last lines, over a rotation too", async () => {
    const log = new BoundedLog(descriptor, path, 200);
    for (let number = 0; number < 12; number++) log.write(`entry ${number}`);
    const lines = await linesOf({ tail: 8 });
    expect(lines.map((line) => line.split(" ").at(-1))).toEqual(["4", "5", "6", "7", "8", "9", "10", "11"]);
    expect(await linesOf({ tail: 0 })).toEqual([]);
  });

  it("gives nothing where there is no log", async () => {
    path = join(folder, "none");
    expect(await linesOf({})).toEqual([]);
  });

  it("follows over a rotation, line by line", async () => {
    const log = new BoundedLog(descriptor, path, 100);
    log.write("before");
    const followed = readLog(path, { tail: 1, follow: true })[Symbol.asyncIterator]();
    expect((await followed.next()).value).toMatch(/before$/);
    const next = followed.next();
    writeSync(descriptor, "half a");
    await setTimeout(300);
    writeSync(descriptor, " line\n");
    expect((await next).value).toBe("half a line");
    for (const word of ["x".repeat(100), "after"]) log.write(word);
    expect((await followed.next()).value).toMatch(/after$/);
    await followed.return?.();
  });
});
