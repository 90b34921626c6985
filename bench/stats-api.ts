import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Pool } from "undici";
import { median, round } from "./compare.ts";

// `/api/stats` with a hundred people under a thousand requests a second against the framework's empty route, in turn in one process. Each
// request is sent when its time has come, whatever became of those before, and its latency counts from then. One JSON object on stdout.

const A_SECOND = Number(process.env.BENCH_RATE ?? 1000);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 1);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 30);
/** Requests are sent in so many batches a second: timers come no more often. */
const BATCHES = 200;
const CONNECTIONS = 32;

interface Served {
  readonly port: number;
  readonly emptyPort: number;
  readonly token: string;
}

/** `stats` as every browser asks, which takes it compressed; `plain` as it is. */
const wayNames = ["empty", "stats", "plain"] as const;

type WayName = (typeof wayNames)[number];

interface Run {
  readonly p50: number;
  readonly p99: number;
  readonly errors: number;
}

void main();

async function main(): Promise<void> {
  const server = fork(join(__dirname, "bench-stats-api-server.cjs"), { execArgv: ["--expose-gc"] });
  try {
    const [{ port, emptyPort, token }] = (await once(server, "message")) as [Served];
    const ways = {
      empty: new Way(emptyPort, "/", {}),
      stats: new Way(port, "/api/stats", { authorization: `Bearer ${token}`, "accept-encoding": "gzip" }),
      plain: new Way(port, "/api/stats", { authorization: `Bearer ${token}` }),
    };
    const runs: Record<WayName, Run[]> = { empty: [], stats: [], plain: [] };
    const memory: { heapUsed: number; rss: number }[] = [];
    for (let turn = 0; turn <= ROUNDS; turn += 1) {
      for (const name of wayNames) {
        process.stderr.write(`${name}, ${turn === 0 ? "to warm up" : `turn ${turn}`} …\n`);
        const run = await ways[name].run();
        if (turn > 0) runs[name].push(run);
      }
      memory.push(await memoryOf(server));
    }
    for (const way of Object.values(ways)) await way.close();
    process.stdout.write(`${JSON.stringify(report(runs, memory), null, 2)}\n`);
  } finally {
    server.disconnect();
  }
}

class Way {
  readonly #pool: Pool;
  readonly #path: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(port: number, path: string, headers: Readonly<Record<string, string>>) {
    this.#pool = new Pool(`http://127.0.0.1:${port}`, { connections: CONNECTIONS, pipelining: 1 });
    this.#path = path;
    this.#headers = headers;
  }

  async run(): Promise<Run> {
    const latencies: number[] = [];
    let errors = 0;
    const start = performance.now();
    const pending: Promise<void>[] = [];
    for (let batch = 0; batch < SECONDS * BATCHES; batch += 1) {
      const due = start + (batch * 1000) / BATCHES;
      if (due > performance.now()) await sleep(due - performance.now());
      for (let one = 0; one < A_SECOND / BATCHES; one += 1)
        pending.push(
          this.#ask().then(
            () => void latencies.push(performance.now() - due),
            () => {
              errors += 1;
            },
          ),
        );
    }
    await Promise.all(pending);
    latencies.sort((a, b) => a - b);
    const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? Number.NaN;
    return { p50: at(0.5), p99: at(0.99), errors };
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  async #ask(): Promise<void> {
    const { statusCode, body } = await this.#pool.request({ path: this.#path, method: "GET", headers: this.#headers });
    await body.dump();
    if (statusCode !== 200) throw new Error(`status ${statusCode}`);
  }
}

async function memoryOf(server: ChildProcess): Promise<{ heapUsed: number; rss: number }> {
  server.send("memory");
  return (await once(server, "message"))[0];
}

function report(runs: Readonly<Record<WayName, readonly Run[]>>, memory: readonly { heapUsed: number; rss: number }[]) {
  const of = (name: WayName) => ({
    p50Ms: round(median(runs[name].map(({ p50 }) => p50))),
    p99Ms: round(median(runs[name].map(({ p99 }) => p99))),
    errors: runs[name].reduce((sum, { errors }) => sum + errors, 0),
  });
  const ratio = (name: WayName, share: "p50" | "p99") =>
    Math.round(100 * median(runs[name].map((run, turn) => run[share] / (runs.empty[turn]?.[share] ?? Number.NaN)))) /
    100;
  const megabytes = (bytes: number | undefined) => round((bytes ?? Number.NaN) / 1e6);
  const grown = megabytes((memory.at(-1)?.heapUsed ?? Number.NaN) - (memory[0]?.heapUsed ?? Number.NaN));
  const [empty, stats, plain] = [of("empty"), of("stats"), of("plain")];
  const toEmpty = { stats: ratio("stats", "p99"), plain: ratio("plain", "p99"), statsAtMedian: ratio("stats", "p50") };
  return {
    ...{ node: process.version, requestsASecond: A_SECOND, seconds: SECONDS, rounds: ROUNDS, empty, stats, plain },
    p99ToEmpty: toEmpty,
    memory: {
      heapMb: memory.map(({ heapUsed }) => megabytes(heapUsed)),
      rssMb: memory.map(({ rss }) => megabytes(rss)),
      heapGrownMb: grown,
    },
    verdicts: {
      p99: toEmpty.stats <= 2,
      noErrors: empty.errors + stats.errors + plain.errors === 0,
      memoryFlat: grown < 3,
    },
  };
}
