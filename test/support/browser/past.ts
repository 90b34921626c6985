import { HistoryBook } from "../../../src/analytics/history/history-book.ts";
import { historyFile, openToWrite } from "../../../src/analytics/history/history-file.ts";
import type { Increment } from "../../../src/domain/numbers/history.ts";
import { entryAt, userRow } from "../history-entry.ts";

const [MINUTE_MS, HOUR_MS, DAY_MS] = [60_000, 3_600_000, 86_400_000];

/** Writes into a home's history that these people came each day for two days, most of all in the evening, until some minutes ago. */
export async function writePast(folder: string, people: readonly string[], now = Date.now()): Promise<void> {
  const db = await openToWrite(historyFile(folder), () => {});
  db.exec("PRAGMA synchronous = OFF");
  const book = new HistoryBook(db);
  try {
    for (let at = now - 2 * DAY_MS; at < now - 5 * MINUTE_MS; at += MINUTE_MS) {
      // A night in which nobody watched.
      if (new Date(at).getUTCHours() === 3) continue;
      book.record(entryAt(at, { seconds: 60, increments: increments(people, at) }));
    }
    book.tidy(now, Number.MAX_SAFE_INTEGER);
  } finally {
    book.close();
  }
}

function increments(people: readonly string[], at: number): Increment[] {
  const rows = people.map((name, index) => {
    const busy = Math.max(0, Math.sin((2 * Math.PI * (at / HOUR_MS - 12 - index / 2)) / 24)) ** 2;
    const open = Math.round(8 * busy * chance(at, index) + 0.8 * chance(at, 100 + index));
    const bytes = Math.round((busy + 0.02) * chance(at, 200 + index) * (10 - index) * 400_000);
    return userRow(name, { bytesIn: Math.round(bytes / 18), bytesOut: bytes, opened: open % 2, active: open });
  });
  const sum = (figure: "bytesIn" | "bytesOut" | "opened" | "active") =>
    rows.reduce((total, row) => total + (row[figure] ?? 0), 0);
  const all = { bytesIn: sum("bytesIn"), bytesOut: sum("bytesOut"), opened: sum("opened"), active: sum("active") };
  return [{ kind: "all", name: "", ...all }, ...rows];
}

/** Between 0.5 and 1, the same for the same, as people are: nobody knows what they do next. */
function chance(at: number, seed: number): number {
  const noise = Math.sin(Math.floor(at / (10 * MINUTE_MS)) * 12.9898 + seed * 78.233) * 43_758.5453;
  return 0.5 + (noise - Math.floor(noise)) / 2;
}
