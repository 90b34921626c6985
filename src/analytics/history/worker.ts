import { parentPort, workerData } from "node:worker_threads";
import type { HistoryEntry } from "../../domain/numbers/history.ts";
import { HistoryBook } from "./history-book.ts";
import { openToWrite, putAside } from "./history-file.ts";
import type { Reply, Request, WorkerOptions } from "./protocol.ts";
import { explained, isDamage } from "./sqlite-faults.ts";

// The thread that has the file: SQLite's calls return when the disk has it all, and nobody else shall wait for that.

const { path } = workerData as WorkerOptions;
let book: Promise<HistoryBook> | undefined;
let queue = Promise.resolve();

parentPort?.on("message", (request: Request) => {
  queue = queue.then(() => answer(request));
});

async function answer({ id, call, given }: Request): Promise<void> {
  try {
    const told = await carryOut(call, given);
    reply({ id, value: call === "pointsText" ? String(told) : JSON.stringify(told) });
  } catch (error) {
    const { kind, message, hint } = explained(path, error);
    reply({ id, error: { kind, message, ...(hint === undefined ? {} : { hint }) } });
  }
  if (call === "record") await tidy(given[0] as HistoryEntry);
  if (call === "close") parentPort?.close();
}

async function carryOut(call: Request["call"], given: readonly unknown[]): Promise<unknown> {
  const open = await opened();
  try {
    return perform(open, call, given);
  } catch (error) {
    if (!isDamage(error)) throw error;
    await replace(open);
    return perform(await opened(), call, given);
  }
}

function perform(open: HistoryBook, call: Request["call"], given: readonly unknown[]): unknown {
  return (open[call] as (...given: unknown[]) => unknown).apply(open, [...given]);
}

/** One that could not be opened is tried again with the next call. */
async function opened(): Promise<HistoryBook> {
  book ??= openToWrite(path, tellAside).then((db) => new HistoryBook(db));
  try {
    return await book;
  } catch (error) {
    book = undefined;
    throw error;
  }
}

/** The entry is safe by now: trouble shows, and is told, with the next one. */
async function tidy({ at }: HistoryEntry): Promise<void> {
  const open = await book?.catch(() => undefined);
  try {
    open?.tidy(at);
  } catch (error) {
    if (open !== undefined && isDamage(error)) await replace(open);
  }
}

/** SQLite may still have the old file open; it does nothing to what stands in its place (its check for a file that was moved). */
async function replace(open: HistoryBook): Promise<void> {
  open.close();
  book = undefined;
  tellAside(putAside(path));
}

function tellAside(aside: string): void {
  reply({ warning: `the history was damaged: it is kept as ${aside}, and a new one has begun` });
}

function reply(message: Reply): void {
  parentPort?.postMessage(message);
}
