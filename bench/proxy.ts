import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Key } from "../src/domain/key.ts";
import { answerBulk } from "../test/support/telegram/answers.ts";
import { startDatacenter } from "../test/support/telegram/datacenter.ts";
import { startMiddleProxy } from "../test/support/telegram/middle-proxy.ts";
import { BenchClient } from "./client.ts";
import { median, round } from "./compare.ts";
import { freePort } from "./free-port.ts";

/** What one shard's process does, beside the same requests straight to a datacenter of the same program. */
export interface ProxyFigures {
  readonly requestMs: {
    readonly direct: number;
    readonly proxied: number;
    readonly added: number;
    readonly ratio: number;
  };
  readonly mbitPerSecond: { readonly direct: number; readonly proxied: number; readonly ratio: number };
  /** 100 clients at once, 20 requests each. */
  readonly hundredClients: { readonly answered: number; readonly p50Ms: number; readonly p99Ms: number };
  readonly residentMb: { readonly idle: number; readonly withHundredClients: number };
  /** Percent of one core, nobody connected, 5 s. */
  readonly idleCpuPercent: number;
}

const REQUESTS = 400;
const BULK_BYTES = 256 * 1024;
const BULK_REQUESTS = 60;

/** Undefined without a binary: there is nothing to measure then. */
export async function measureProxy(binary: string | undefined): Promise<ProxyFigures | undefined> {
  if (binary === undefined) return undefined;
  process.stderr.write(`measuring ${binary} …\n`);
  const middle = await startMiddleProxy({ answer: answerBulk });
  const datacenter = await startDatacenter({ answer: answerBulk });
  const folder = await mkdtemp(join(tmpdir(), "mtproxy-bench-proxy-"));
  const key = Key.fromBytes(randomBytes(16));
  const port = await freePort();
  await writeFile(join(folder, "proxy-secret"), middle.proxySecret);
  await writeFile(join(folder, "proxy-multi.conf"), middle.proxyMultiConf());
  const child = startProxy(binary, folder, port, await freePort(), key);
  try {
    await untilServing(port, key);
    return await measure(child, { direct: { port: datacenter.port }, proxied: { port, key } });
  } finally {
    child.kill();
    await Promise.all([middle.close(), datacenter.close(), rm(folder, { recursive: true, force: true })]);
  }
}

function startProxy(binary: string, folder: string, port: number, statsPort: number, key: Key): ChildProcess {
  const args = [
    "-u",
    "nobody",
    "-p",
    String(statsPort),
    "-H",
    String(port),
    "-S",
    key.reveal(),
    "--http-stats",
    "-c",
    "8000",
  ];
  return spawn(binary, [...args, "--aes-pwd", join(folder, "proxy-secret"), join(folder, "proxy-multi.conf")], {
    stdio: "ignore",
  });
}

interface Way {
  readonly port: number;
  readonly key?: Key;
}

async function measure(child: ChildProcess, ways: { direct: Way; proxied: Way }): Promise<ProxyFigures> {
  const idle = await residentMb(child);
  const idleCpuPercent = await cpuPercent(child, 5);
  const requestMs = await inTurn(ways, requestTime);
  const mbit = await inTurn(ways, throughput);
  const { memory, ...hundredClients } = await hundred(child, ways.proxied);
  return {
    requestMs: {
      ...requestMs,
      added: round3(requestMs.proxied - requestMs.direct),
      ratio: round(requestMs.proxied / requestMs.direct),
    },
    mbitPerSecond: { ...mbit, ratio: round3(mbit.proxied / mbit.direct) },
    hundredClients,
    residentMb: { idle, withHundredClients: memory },
    idleCpuPercent,
  };
}

/** Both ways three times in turn, the median of each. */
async function inTurn(ways: { direct: Way; proxied: Way }, work: (way: Way) => Promise<number>) {
  const direct: number[] = [];
  const proxied: number[] = [];
  for (let turn = 0; turn < 3; turn++) {
    direct.push(await work(ways.direct));
    proxied.push(await work(ways.proxied));
  }
  return { direct: round3(median(direct)), proxied: round3(median(proxied)) };
}

/** Median of requests one after the other, milliseconds. */
async function requestTime({ port, key }: Way): Promise<number> {
  const client = await BenchClient.open(port, key);
  const times: number[] = [];
  for (let count = 0; count < REQUESTS; count++) times.push(await timed(() => client.ask(256)));
  client.close();
  return median(times);
}

async function throughput({ port, key }: Way): Promise<number> {
  const client = await BenchClient.open(port, key);
  const ms = await timed(async () => {
    for (let count = 0; count < BULK_REQUESTS; count++) await client.ask(BULK_BYTES);
  });
  client.close();
  return (BULK_REQUESTS * BULK_BYTES * 8) / (ms * 1000);
}

async function hundred(child: ChildProcess, { port, key }: Way) {
  const clients = await Promise.all(Array.from({ length: 100 }, () => BenchClient.open(port, key)));
  const times = await Promise.all(
    clients.map(async (client) => {
      const own: number[] = [];
      for (let count = 0; count < 20; count++) own.push(await timed(() => client.ask(256)));
      return own;
    }),
  );
  const sorted = times.flat().sort((a, b) => a - b);
  const memory = await residentMb(child);
  for (const client of clients) client.close();
  const at = (share: number) => round3(sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN);
  return { answered: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), memory };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

async function untilServing(port: number, key: Key): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt++) {
    await sleep(100);
    const client = await BenchClient.open(port, key).catch(() => undefined);
    const answer = await Promise.race([client?.ask(64).catch(() => undefined), sleep(500)]);
    client?.close();
    if (answer !== undefined) return;
  }
  throw new Error("the proxy did not begin to serve");
}

async function residentMb({ pid }: ChildProcess): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
}

async function cpuPercent(child: ChildProcess, seconds: number): Promise<number> {
  const before = await cpuTicks(child);
  await sleep(seconds * 1000);
  // 100 ticks a second: a tick is a percent of a core's second.
  return round(((await cpuTicks(child)) - before) / seconds);
}

async function cpuTicks({ pid }: ChildProcess): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, "utf8")).replace(/^.*\) /, "").split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

function round3(value: number): number {
  return Math.round(value * 1000) / 1000;
}
