import { mkdir, readdir, readlink, rename } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createHistories } from "../../../../src/analytics/history/histories.ts";
import { HistoryBook } from "../../../../src/analytics/history/history-book.ts";
import { historyFile, openToWrite } from "../../../../src/analytics/history/history-file.ts";
import { createLocks } from "../../../../src/host/locks.ts";
import { entryAt, userRow } from "../../../support/history-entry.ts";
import { tempFolder } from "../../../support/temp-home.ts";

const noon = Date.parse("2026-11-21T12:00:00Z");

/** A history with so many bytes of one person. */
async function write(folder: string, bytesIn: number): Promise<void> {
  const db = await openToWrite(historyFile(folder), () => {});
  new HistoryBook(db).record(entryAt(noon, { increments: [userRow("alice", { bytesIn })] }));
  db.close();
}

describe("readers of a home's history", () => {
  it("see a file that came since, and one that took another's place, and hold one open however often they are asked for", async () => {
    const folder = join(await tempFolder(), "history");
    const histories = createHistories({ folder, lock: `${folder}.lock`, locks: createLocks(), warn: () => {} });
    const sums = async () => {
      const reader = await histories.read();
      const users = await reader.users(noon - 60_000, noon + 60_000);
      await reader.close();
      return users.map(({ bytesIn }) => bytesIn);
    };
    expect(await sums()).toEqual([]);
    await write(folder, 5);
    const held = await openFiles(folder);
    for (let time = 0; time < 20; time += 1) expect(await sums()).toEqual([5]);
    expect((await openFiles(folder)) - held).toBeLessThanOrEqual(3);
    await mkdir(`${folder}.new`);
    await write(`${folder}.new`, 7);
    await rename(folder, `${folder}.old`);
    await rename(`${folder}.new`, folder);
    expect(await sums()).toEqual([7]);
  });

  async function openFiles(folder: string): Promise<number> {
    const links = (await readdir("/proc/self/fd")).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ""));
    return (await Promise.all(links)).filter((path) => path.startsWith(folder)).length;
  }
});
