import { openHistory } from "../../src/analytics/history/open-history.ts";
import { createLocks } from "../../src/host/locks.ts";
import { entryAt, userRow } from "./history-entry.ts";

// Writes looks as fast as it can, and says each one's number when it is safe; closes after so many of them.
// node build/history-writer.cjs FOLDER LOCK START [COUNT]

const [, , folder = "", lock = "", start = "0", count = "Infinity"] = process.argv;

void main();

async function main(): Promise<void> {
  const history = await openHistory({ folder, lock, locks: createLocks(), warn: (text) => console.error(text) });
  for (let number = Number(start); number < Number(start) + Number(count); number += 1) {
    await history.record(numberedEntry(number));
    process.stdout.write(`${number}\n`);
  }
  await history.close();
  process.stdout.write("closed\n");
}

/** The n-th look adds n bytes. */
function numberedEntry(number: number) {
  const increments = ["alice", "bob", "carol"].map((name) => userRow(name, { bytesIn: number }));
  return entryAt(number * 10_000, { increments, counters: { number } });
}
