import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { copyFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { HistoryBook } from "../../../../src/analytics/history/history-book.ts";
import { historyFile, openToWrite } from "../../../../src/analytics/history/history-file.ts";
import { openHistoryReader } from "../../../../src/analytics/history/open-history.ts";
import { AppError } from "../../../../src/domain/errors.ts";
import { entryAt, openBook, userRow } from "../../../support/history.ts";
import { tempFolder } from "../../../support/temp-home.ts";

const noon = Date.parse("2026-11-21T12:00:00Z");
const time = { since: noon - 60_000, until: noon + 60_000 };

/** A file with one look in it, as the daemon leaves it. */
async function writtenFile(change = ""): Promise<string> {
  const { book, db, path } = await openBook();
  book.record(entryAt(noon, { counters: { look: 1 }, increments: [userRow("alice", { bytesIn: 7 })] }));
  db.exec(`${change}; PRAGMA wal_checkpoint (TRUNCATE)`);
  const copy = join(await tempFolder(), "history.db");
  await copyFile(path, copy);
  return copy;
}

async function opened(path: string) {
  const aside: string[] = [];
  const db = await openToWrite(path, (name) => aside.push(name));
  onTestFinished(() => db.close());
  return { db, book: new HistoryBook(db, () => noon), aside };
}

describe("the file of a history", () => {
  it("is for its owner alone, and so is what SQLite puts beside it", async () => {
    const { book, path } = await openBook();
    book.record(entryAt(noon));
    const modes = async (of: string) => ((await stat(of)).mode & 0o777).toString(8);
    expect(await modes(dirname(path))).toBe("700");
    const files = (await readdir(dirname(path))).sort();
    expect(files).toEqual(["history.db", "history.db-shm", "history.db-wal"]);
    expect(await Promise.all(files.map((name) => modes(join(dirname(path), name))))).toEqual(["600", "600", "600"]);
  });

  it("has what was written when it is opened again", async () => {
    const { book, aside } = await opened(await writtenFile());
    expect(book.counters()).toEqual({ look: 1 });
    expect(aside).toEqual([]);
  });

  it.each([
    ["no database at all", (bytes: Buffer) => Buffer.from("x".repeat(bytes.length))],
    ["a file that ends in the middle", (bytes: Buffer) => bytes.subarray(0, 5000)],
    [
      "a broken page",
      (bytes: Buffer) => Buffer.concat([bytes.subarray(0, 4096), Buffer.alloc(bytes.length - 4096, 0xff)]),
    ],
  ])("is kept and a new one begun when it is %s", async (_what, damage) => {
    const path = await writtenFile();
    const damaged = damage(readFileSync(path));
    writeFileSync(path, damaged);
    const { book, aside } = await opened(path);
    expect(book.counters()).toBeUndefined();
    book.record(entryAt(noon, { increments: [userRow("alice", { bytesIn: 1 })] }));
    expect(book.users(time.since, time.until)).toMatchObject([{ bytesIn: 1 }]);
    expect(aside.map((name) => readFileSync(name).equals(damaged))).toEqual([true]);
  });

  it("of damaged ones, the newest three are kept", async () => {
    const path = await writtenFile();
    for (let time = 0; time < 5; time += 1) {
      for (const file of await readdir(dirname(path)))
        if (!file.includes("damaged")) await rm(join(dirname(path), file));
      await writeFile(path, `no database, ${time}`);
      await opened(path);
    }
    const copies = (await readdir(dirname(path))).filter((name) => name.includes("damaged")).sort();
    expect(copies.map((name) => readFileSync(join(dirname(path), name), "utf8"))).toEqual(
      [2, 3, 4].map((time) => `no database, ${time}`),
    );
  });

  it("is refused and left as it is when a newer version wrote it", async () => {
    const path = await writtenFile("PRAGMA user_version = 99");
    const before = readFileSync(path);
    const refusal = { kind: "environment", message: expect.stringContaining("newer mtproxy (format 99") };
    await expect(openToWrite(path, () => {})).rejects.toMatchObject(refusal);
    await expect(openHistoryReader(dirname(path))).rejects.toMatchObject(refusal);
    expect(readFileSync(path).equals(before)).toBe(true);
  });
});

describe("a reader of a history", () => {
  it("sees what is written while it reads, and writes nothing itself", async () => {
    const { book, path } = await openBook();
    const reader = await openHistoryReader(dirname(path), () => noon);
    onTestFinished(() => reader.close());
    expect(await reader.users(time.since, time.until)).toEqual([]);
    book.record(entryAt(noon, { increments: [userRow("alice", { bytesIn: 7 })], lastSeen: { alice: noon } }));
    expect(await reader.users(time.since, time.until)).toMatchObject([{ name: "alice", bytesIn: 7 }]);
    expect(await reader.lastSeen()).toEqual({ alice: noon });
  });

  it("is empty where nothing was ever written, and leaves no file", async () => {
    const folder = join(await tempFolder(), "history");
    const reader = await openHistoryReader(folder);
    expect((await reader.points({ kind: "all", name: "", ...time })).points).toEqual([]);
    expect([await reader.users(0, noon), await reader.days(0, noon), await reader.clients(0, noon)]).toEqual([
      [],
      [],
      [],
    ]);
    expect([await reader.events(5), await reader.lastSeen()]).toEqual([[], {}]);
    await reader.close();
    expect(existsSync(folder)).toBe(false);
  });

  it("says that a file is damaged and leaves it to the writer", async () => {
    const path = await writtenFile();
    writeFileSync(path, "no database".repeat(1000));
    const error = await openHistoryReader(dirname(path)).catch((fault) => fault);
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({
      kind: "environment",
      message: `the history in ${historyFile(dirname(path))} cannot be used: it is damaged`,
    });
    expect(await readdir(dirname(path))).toEqual(["history.db"]);
  });
});
