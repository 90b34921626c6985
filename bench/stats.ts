import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Pool } from "undici";
import { HistoryBook } from "../src/analytics/history/history-book.ts";
import { openToWrite } from "../src/analytics/history/history-file.ts";
import { openHistoryReader } from "../src/analytics/history/open-history.ts";
import type { Sqlite } from "../src/analytics/history/sqlite.ts";
import type { Resolution } from "../src/domain/numbers/history.ts";
import { entryAt, userRow } from "../test/support/history-entry.ts";
import { median, round } from "./compare.ts";

// Two years of a hundred people who are always busy, as retention leaves them: how large the file is, how soon it opens, what a look
// costs, and what a month of one person costs against the bare query of the same rows. One JSON object on stdout; what is compared was
// measured in turn in this run. Quote the ratios: machines are noisy.

const PEOPLE = Number(process.env.BENCH_PEOPLE ?? 100);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 200);
const DAY = 86_400_000;
const now = Math.floor(Date.now() / 3_600_000) * 3_600_000;
const WRITER = join(__dirname, "history-writer.cjs");
const someone = { kind: "user", name: "user-7" } as const;

void main();

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "mtproxy-bench-stats-"));
  try {
    const path = join(folder, "history.db");
    progress(`two years of ${PEOPLE} people`);
    await fill(path);
    const size = { people: PEOPLE, megabytes: Math.round(statSync(path).size / 1e6) };
    const openMs = await measureOpening(folder);
    const month = { hours: await measureMonth(folder, "hour"), minutes: await measureMonth(folder, "minute") };
    const look = await measureLooks(folder);
    const report = { node: process.version, size, openMs, month, look };
    process.stdout.write(`${JSON.stringify({ ...report, verdicts: verdicts(report) }, null, 2)}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Rows come in the order in which the daemon writes them: that decides how full pages are. */
async function fill(path: string): Promise<void> {
  const db = await openToWrite(path, () => {});
  db.exec("PRAGMA synchronous = OFF");
  for (let one = 0; one < PEOPLE; one += 1) db.run("INSERT INTO series (kind, name) VALUES ('user', ?)", `user-${one}`);
  const figures = "abs(random()) % 40000000, abs(random()) % 400000000, abs(random()) % 9, abs(random()) % 20";
  const buckets = (resolution: "minute" | "hour", lengthMs: number, days: number, aFold: number) => {
    const last = now / lengthMs;
    const count = (days * DAY) / lengthMs;
    for (let at = last - count; at < last; at += aFold) {
      db.exec(`
        WITH RECURSIVE n (at) AS (SELECT ${at} UNION ALL SELECT at + 1 FROM n WHERE at + 1 < ${Math.min(at + aFold, last)})
        INSERT INTO ${resolution} SELECT series.id, n.at, ${figures} FROM series CROSS JOIN n;
      `);
    }
    db.exec(`
      WITH RECURSIVE n (at) AS (SELECT ${last - count} UNION ALL SELECT at + 1 FROM n WHERE at + 1 < ${last})
      INSERT INTO watched_${resolution} SELECT at, ${lengthMs / 1000}, ${lengthMs / 1000}, ${lengthMs / 1000} FROM n;
    `);
  };
  db.write(() => buckets("hour", 3_600_000, 730, 1));
  db.write(() => buckets("minute", 60_000, 30, 10));
  db.write(() => fillLooks(db, figures));
  db.close();
}

function fillLooks(db: Sqlite, figures: string): void {
  const count = (2 * DAY) / 10_000;
  db.exec(`
    WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < ${count})
    INSERT INTO look SELECT id, ${now} - (${count} - id) * 10000, 10, 10, 10 FROM n;
    INSERT INTO raw SELECT look.id, series.id, ${figures} FROM look CROSS JOIN series;
    INSERT INTO meta VALUES ('folded', ${count - 29});
  `);
}

/** A process that starts, opens the file, writes a look and ends; the file's log is left to it by one that was killed. */
async function measureOpening(folder: string): Promise<number> {
  const times: number[] = [];
  for (let turn = 0; turn < 5; turn += 1) {
    const args = [folder, join(folder, "lock"), String(now / 10_000 + turn * 100)];
    const killed = fork(WRITER, [...args, "50"], { silent: true });
    killed.stdout?.on("data", (text) => String(text).includes("closed") || killed.kill("SIGKILL"));
    await once(killed, "exit");
    const start = performance.now();
    await once(
      fork(WRITER, [...args.slice(0, 2), String(now / 10_000 + turn * 100 + 50), "1"], { silent: true }),
      "exit",
    );
    times.push(performance.now() - start);
  }
  return round(Math.max(...times));
}

/** Where the same rows are asked for: SQLite itself, our reader in this thread, and another process through its stats API. */
type Way = "bare" | "reader" | "api";

async function measureMonth(folder: string, resolution: Extract<Resolution, "minute" | "hour">) {
  progress(`a month in ${resolution}s`);
  const [db, reader, api] = [
    await openToWrite(join(folder, "history.db"), () => {}),
    await openHistoryReader(folder),
    await startApi(folder),
  ];
  const length = resolution === "hour" ? 3_600_000 : 60_000;
  const [since, until] = [now - 30 * DAY, now];
  const id = db.first<[number]>("SELECT id FROM series WHERE name = ?", someone.name)?.[0] ?? 0;
  const bare = () =>
    db.all(`SELECT * FROM ${resolution} WHERE series = ? AND at >= ? AND at < ?`, id, since / length, until / length);
  const query = { ...someone, since, until, resolution };
  const times: Record<Way, number[]> = { bare: [], reader: [], api: [] };
  const ways = { bare: async () => bare(), reader: () => reader.points(query), api: () => api.ask(query) };
  const rounds = resolution === "hour" ? ROUNDS : ROUNDS / 10;
  // Those before the first are for the compilers of both processes.
  for (let turn = -rounds / 2; turn < rounds; turn += 1)
    for (const name of ["bare", "reader", "api"] as const) {
      const start = performance.now();
      await ways[name]();
      if (turn >= 0) times[name].push(performance.now() - start);
    }
  const rows = bare().length;
  await api.close();
  await reader.close();
  db.close();
  const [bareMs, readerMs, apiMs] = [median(times.bare), median(times.reader), median(times.api)];
  return {
    ...{ rows, bareMs: round(bareMs), readerMs: round(readerMs), apiMs: round(apiMs) },
    ...{ readerToBare: round(readerMs / bareMs), apiToBare: round(apiMs / bareMs) },
  };
}

/** In a process of its own, as the daemon is. */
async function startApi(folder: string) {
  const server = fork(join(__dirname, "bench-stats-history-server.cjs"), [folder]);
  const [{ port, token }] = (await once(server, "message")) as [{ port: number; token: string }];
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 1 });
  const headers = { authorization: `Bearer ${token}` };
  const ask = async (query: Readonly<Record<string, string | number>>) => {
    const fields = Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]);
    const path = `/api/history?${new URLSearchParams(fields)}`;
    const { statusCode, body } = await pool.request({ path, method: "GET", headers });
    const { byteLength } = await body.arrayBuffer();
    if (statusCode !== 200 || byteLength < 1000) throw new Error(`status ${statusCode}, ${byteLength} bytes`);
  };
  const close = async () => {
    await pool.close();
    server.disconnect();
    await once(server, "exit");
  };
  return { ask, close };
}

/** What a look of everybody costs, and the longest that another call waits for it to be tidied up. */
async function measureLooks(folder: string) {
  progress("looks");
  const db = await openToWrite(join(folder, "history.db"), () => {});
  const book = new HistoryBook(db);
  const increments = Array.from({ length: PEOPLE }, (_, one) =>
    userRow(`user-${one}`, { bytesIn: 1_234_567, bytesOut: 12_345_678, opened: 1, active: 8 }),
  );
  const [record, tidy]: [number[], number[]] = [[], []];
  for (let look = 1; look <= 180; look += 1) {
    const at = now + look * 10_000;
    const start = performance.now();
    book.record(entryAt(at, { increments, counters: { look } }));
    const recorded = performance.now();
    book.tidy(at);
    record.push(recorded - start);
    tidy.push(performance.now() - recorded);
  }
  db.close();
  return { recordMs: round(median(record)), tidyMs: round(median(tidy)), longestTidyMs: round(Math.max(...tidy)) };
}

interface Report {
  readonly size: { readonly megabytes: number };
  readonly openMs: number;
  readonly month: Readonly<Record<"hours" | "minutes", { readonly apiToBare: number }>>;
}

/** The bounds that hold on any machine. */
function verdicts({ size, openMs, month }: Report): Record<string, boolean> {
  return {
    "two years take less than 500 MB": size.megabytes < 500,
    "they open within two seconds": openMs < 2000,
    "a month through the API costs at most 3 times the bare query": month.hours.apiToBare <= 3,
  };
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
