import { join } from "node:path";
import { onTestFinished } from "vitest";
import { HistoryBook } from "../../src/analytics/history/history-book.ts";
import { openToWrite } from "../../src/analytics/history/history-file.ts";
import type { Sqlite } from "../../src/analytics/history/sqlite.ts";
import { tempFolder } from "./temp-home.ts";

export { entryAt, userRow } from "./history-entry.ts";

export interface OpenBook {
  readonly book: HistoryBook;
  readonly db: Sqlite;
  readonly path: string;
}

/** A history in a folder that goes with the test; `now` is what its clock says. */
export async function openBook(now: () => number = Date.now): Promise<OpenBook> {
  const path = join(await tempFolder(), "history", "history.db");
  const db = await openToWrite(path, () => {});
  onTestFinished(() => db.close());
  return { book: new HistoryBook(db, now), db, path };
}
