import { openHistory } from "../../src/analytics/history/open-history.ts";
import { createLocks } from "../../src/host/locks.ts";
import { entryAt, userRow } from "./history-entry.ts";

// Writes looks as fast as it can, and says each one's number when it is safe. node build/history-writer.cjs FOLDER LOCK START

const [, , folder = "", lock = "", start = "0"] = process.argv;

void main();

async function main(): Promise<void> {
  const history = await openHistory({ folder, lock, locks: createLocks(), warn: (text) => console.error(text) });
  for (let number = Number(start); ; number += 1) {
    await history.record(numberedEntry(number));
    process.stdout.write(`${number}\n`);
  }
}

/** The n-th look adds n bytes. */
function numberedEntry(number: number) {
  const increments = ["alice", "bob", "carol"].map((name) => userRow(name, { bytesIn: number }));
  return entryAt(number * 10_000, { increments, counters: { number } });
}
