import type { History, HistoryReader } from "../../history.ts";
import { type OpenHistoryOptions, openHistory, openHistoryReader } from "./open-history.ts";

/** The history of a home, as a context hands it out. */
export interface Histories {
  write(): Promise<History>;
  read(): Promise<HistoryReader>;
}

export function createHistories(options: OpenHistoryOptions): Histories {
  let writer: Promise<History> | undefined;
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
    read: () => openHistoryReader(options.folder),
  };
}
