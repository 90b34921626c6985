import { statSync } from "node:fs";
import type { History, HistoryReader } from "../../history.ts";
import { historyFile, openToRead } from "./history-file.ts";
import { type OpenHistoryOptions, openHistory, readerOf } from "./open-history.ts";
import type { Sqlite } from "./sqlite.ts";

/** The history of a home, as a context hands it out. */
export interface Histories {
  write(): Promise<History>;
  read(): Promise<HistoryReader>;
}

/** An open file, and which one: another may stand in its place by now. */
interface OpenFile {
  readonly inode: number;
  readonly db: Sqlite;
}

export function createHistories(options: OpenHistoryOptions): Histories {
  const path = historyFile(options.folder);
  let writer: Promise<History> | undefined;
  let known: OpenFile | undefined;
  const forget = () => {
    writer = undefined;
  };
  return {
    write: () => {
      writer ??= openHistory({ ...options, onClose: forget }).catch((error) => {
        forget();
        throw error;
      });
      return writer;
    },
    // libsql closes a file when its statements are collected as garbage, and a live picture asks every two seconds: so the one that is
    // open is kept for whoever asks next.
    read: async () => {
      const inode = statSync(path, { throwIfNoEntry: false })?.ino;
      if (known === undefined || known.inode !== inode) {
        const db = await openToRead(path);
        known = db === undefined || inode === undefined ? undefined : { inode, db };
      }
      return { ...readerOf(path, known?.db), close: async () => {} };
    },
  };
}
