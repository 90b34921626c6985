import type { HistoryQuery } from "../../domain/numbers/history.ts";
import type { History, HistoryReader } from "../../history.ts";
import type { Locks } from "../../ports.ts";
import { HistoryBook } from "./history-book.ts";
import { historyFile, openToRead } from "./history-file.ts";
import { pointsOf } from "./points-text.ts";
import type { Sqlite } from "./sqlite.ts";
import { explained } from "./sqlite-faults.ts";
import { WorkerHistory } from "./worker-history.ts";

export interface OpenHistoryOptions {
  /** Absolute; made when it is missing. */
  readonly folder: string;
  /** Held by the one who writes. */
  readonly lock: string;
  readonly locks: Locks;
  /** Gets a sentence when a damaged file was put aside. */
  readonly warn: (text: string) => void;
  readonly onClose?: () => void;
}

/**
 * The one that writes. The file itself is opened by the first call, so trouble with it shows there.
 * @throws AppError conflict while another process writes
 */
export async function openHistory({ folder, lock, locks, warn, onClose }: OpenHistoryOptions): Promise<History> {
  const letGo = await hold(locks, lock);
  const close = () => {
    onClose?.();
    return letGo();
  };
  return new WorkerHistory({ path: historyFile(folder), warn, onClose: close });
}

/** Empty where nothing was ever written. */
export async function openHistoryReader(folder: string, now?: () => number): Promise<HistoryReader> {
  const path = historyFile(folder);
  return readerOf(path, await openToRead(path), now);
}

/** @param db undefined where there is no file */
export function readerOf(path: string, db: Sqlite | undefined, now: () => number = Date.now): HistoryReader {
  const book = db === undefined ? undefined : new HistoryBook(db, now);
  const ask = async <T>(otherwise: T, work: (book: HistoryBook) => T): Promise<T> => {
    try {
      return book === undefined ? otherwise : work(book);
    } catch (error) {
      throw explained(path, error);
    }
  };
  return {
    points: async (query) => pointsOf(await ask(noPoints(query), (it) => it.pointsText(query))),
    pointsText: (query) => ask(noPoints(query), (it) => it.pointsText(query)),
    users: (since, until) => ask([], (it) => it.users(since, until)),
    days: (...asked) => ask([], (it) => it.days(...asked)),
    clients: (...asked) => ask([], (it) => it.clients(...asked)),
    events: (limit) => ask([], (it) => it.events(limit)),
    lastSeen: () => ask({}, (it) => it.lastSeen()),
    close: async () => book?.close(),
  };
}

function noPoints({ resolution = "hour" }: HistoryQuery): string {
  return JSON.stringify({ resolution, points: [] });
}

/** Falls with the process, whatever ends it. */
function hold(locks: Locks, lock: string): Promise<() => Promise<void>> {
  return new Promise((resolve, reject) => {
    const untilLetGo = () =>
      new Promise<void>((letGo) => {
        resolve(async () => {
          letGo();
          await held;
        });
      });
    const held = locks.withLock(lock, untilLetGo, { purpose: "writing the history", waitMs: 0 });
    held.catch(reject);
  });
}
