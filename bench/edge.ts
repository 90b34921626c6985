import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { median } from "./compare.ts";
import { open, setUp, throughput } from "./edge-clients.ts";
import { type IdentifyFigures, measureIdentification } from "./edge-identify.ts";
import { residentBytes, startWays, type Way, type Ways } from "./edge-ways.ts";

// Measures what HAProxy and our agent add, on real processes, and what identifying costs. One JSON object on stdout; everything that is
// compared was measured in turn in this run. Quote the ratios: machines are noisy.

const WAYS = ["direct", "plain", "inspect", "echo", "ours"] as const;
type Name = (typeof WAYS)[number];
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 30);
const A_ROUND = 50;
const IDLE = 2000;
const FLOOD_PER_SECOND = 500;
const STRANGERS = fileURLToPath(new URL("./bench-edge-strangers.cjs", import.meta.url));

void main();

async function main(): Promise<void> {
  if (process.env.BENCH_ONLY === "flood") return onlyFlood();
  const identification: IdentifyFigures[] = [];
  for (const users of [16, 100, 1000, 10_000]) {
    progress(`identification among ${users} users`);
    identification.push(await measureIdentification(users));
  }
  const ways = await startWays();
  try {
    const setUpTimes = await measureSetUp(ways);
    const bulk = await measureThroughput(ways);
    const flood = await measureFlood(ways);
    const idle = await measureIdle(ways);
    const report = { node: process.version, identification, setUp: setUpTimes, throughput: bulk, flood, idle };
    process.stdout.write(`${JSON.stringify({ ...report, verdicts: verdicts(report) }, null, 2)}\n`);
  } finally {
    await ways.close();
  }
}

/** Short enough to be run again and again on a machine that others use too. */
async function onlyFlood(): Promise<void> {
  const ways = await startWays();
  try {
    process.stdout.write(`${JSON.stringify(await measureFlood(ways))}\n`);
  } finally {
    await ways.close();
  }
}

interface Times {
  readonly p50: number;
  readonly p99: number;
}

/** Microseconds by way, and what our agent adds to HAProxy's own work, against the one that looks at nothing. */
async function measureSetUp(ways: Ways) {
  progress("set-up");
  const times: Record<Name, number[]> = { direct: [], plain: [], inspect: [], echo: [], ours: [] };
  // Those before the first are for the compilers of the programs that are measured.
  for (let round = -20; round < ROUNDS; round += 1) {
    // Each is as often before as after any other.
    const turn = Math.abs(round) % WAYS.length;
    for (const name of [...WAYS.slice(turn), ...WAYS.slice(0, turn)]) {
      const some = await inTurn(A_ROUND, () => setUp(ways[name].port, ways.key));
      if (round >= 0) times[name].push(...some);
    }
  }
  const [inspect, echo, ours] = [median(times.inspect), median(times.echo), median(times.ours)];
  const microseconds = Object.fromEntries(WAYS.map((name) => [name, timesOf(times[name])]));
  return { microseconds, addedToEcho: rounded((ours - inspect) / (echo - inspect)) };
}

async function measureThroughput(ways: Ways) {
  progress("throughput");
  const rates: Record<"direct" | "plain" | "ours", number[]> = { direct: [], plain: [], ours: [] };
  for (let round = 0; round < 21; round += 1)
    for (const name of ["direct", "plain", "ours"] as const)
      rates[name].push(await throughput(ways[name].port, ways.key));
  const ratios = rates.ours.map((rate, round) => rate / (rates.plain[round] ?? Number.NaN));
  const mega = (some: readonly number[]) => Math.round(median(some) / 1e6);
  return {
    megabytesPerSecond: { direct: mega(rates.direct), plain: mega(rates.plain), ours: mega(rates.ours) },
    oursToPlain: rounded(median(ratios)),
  };
}

/**
 * The set-up of somebody who is known, alone and while strangers come, in turn. What strangers cost HAProxy and this machine shows with
 * the agent that looks at nothing: the difference to it is ours.
 */
async function measureFlood({ ours, echo, key }: Ways) {
  progress(`${FLOOD_PER_SECOND} strangers a second`);
  const figures = { ours: newFlood(), echo: newFlood() };
  for (let round = 0; round < 2 * ROUNDS; round += 1) {
    const name = round % 2 === 0 ? "ours" : "echo";
    const { port } = name === "ours" ? ours : echo;
    const alone = await inTurn(80, () => setUp(port, key));
    const crowd = spawn(process.execPath, [STRANGERS, String(port), String(FLOOD_PER_SECOND)], { stdio: "ignore" });
    await new Promise((later) => setTimeout(later, 600));
    const busy = await inTurn(80, () => setUp(port, key));
    crowd.kill();
    await new Promise((later) => setTimeout(later, 500));
    const { ratios, ...times } = figures[name];
    times.alone.push(...alone);
    times.busy.push(...busy);
    ratios.push(median(busy) / median(alone));
  }
  const [own, other] = [floodOf(figures.ours), floodOf(figures.echo)];
  return { ...own, echo: other, oursToEcho: rounded(own.ratio / other.ratio) };
}

interface Flood {
  readonly alone: number[];
  readonly busy: number[];
  /** Of each round. */
  readonly ratios: number[];
}

function newFlood(): Flood {
  return { alone: [], busy: [], ratios: [] };
}

function floodOf({ alone, busy, ratios }: Flood) {
  return { alone: timesOf(alone), withStrangers: timesOf(busy), ratio: rounded(median(ratios)) };
}

/** Bytes for each connection that does nothing. */
async function measureIdle({ plain, ours, agent, key }: Ways) {
  progress(`${IDLE} idle connections`);
  const hold = async ({ port, pid = 0 }: Way) => {
    const [before, agentBefore] = [await residentBytes(pid), await residentBytes(agent)];
    const sockets = [];
    for (let count = 0; count < IDLE; count += 1) sockets.push(await open(port, key));
    const [after, agentAfter] = [await residentBytes(pid), await residentBytes(agent)];
    for (const socket of sockets) socket.destroy();
    return { haproxy: Math.round((after - before) / IDLE), agent: Math.round((agentAfter - agentBefore) / IDLE) };
  };
  const bytes = { plain: (await hold(plain)).haproxy, ours: await hold(ours) };
  return { connections: IDLE, bytesEach: bytes, agentMegabytes: Math.round((await residentBytes(agent)) / 1e6) };
}

/** The bounds that hold on any machine. */
function verdicts(report: {
  readonly identification: readonly IdentifyFigures[];
  readonly setUp: { readonly addedToEcho: number };
  readonly throughput: { readonly oursToPlain: number };
  readonly flood: { readonly oursToEcho: number };
}): Record<string, boolean> {
  const { identification } = report;
  const [few, many] = [identification[0], identification.at(-1)];
  return {
    "our agent adds at most 1.5 times what an echo adds": report.setUp.addedToEcho <= 1.5,
    "throughput is at least 0.95 of plain HAProxy's": report.throughput.oursToPlain >= 0.95,
    "a crowd of strangers makes a known client wait at most 1.25 times as long as with an echo":
      report.flood.oursToEcho <= 1.25,
    "hellos cost at most 1.1 times a bare createHmac loop": identification.every(
      ({ shortHello, longHello }) => shortHello.ratio <= 1.1 && longHello.ratio <= 1.1,
    ),
    "headers are at least 5 times faster than with node:crypto": identification.every(
      ({ header }) => header.ratio <= 0.2,
    ),
    "a known client costs the same among 10,000 as among 16":
      few !== undefined &&
      many !== undefined &&
      many.knownHeader <= 2 * few.knownHeader &&
      many.knownHello <= 2 * few.knownHello,
  };
}

async function inTurn(count: number, work: () => Promise<number>): Promise<number[]> {
  const results: number[] = [];
  for (let turn = 0; turn < count; turn += 1) results.push(await work());
  return results;
}

function timesOf(some: readonly number[]): Times {
  const sorted = [...some].sort((a, b) => a - b);
  const at = (part: number) => Math.round(sorted[Math.floor(part * (sorted.length - 1))] ?? Number.NaN);
  return { p50: at(0.5), p99: at(0.99) };
}

function rounded(value: number): number {
  return Math.round(100 * value) / 100;
}

function progress(what: string): void {
  process.stderr.write(`measuring ${what} …\n`);
}
