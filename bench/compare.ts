import { performance } from "node:perf_hooks";
import { execa } from "execa";

/** A command line to time: program and arguments. */
export type CommandLine = readonly [string, ...string[]];

/** Times in milliseconds, and how they compare with the base line of the same rounds. */
export interface Timing {
  readonly medianMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  /** Median of the rounds' own ratios to the base line: what holds when the machine's speed drifts. */
  readonly ratio: number;
}

/** Runs base line and commands in turn, round by round, and compares within each round. */
export async function compare(
  baseLine: CommandLine,
  commands: Readonly<Record<string, CommandLine>>,
  { rounds, env = {} }: { rounds: number; env?: Record<string, string> },
): Promise<Record<string, Timing>> {
  const times: Record<string, { own: number; base: number }[]> = {};
  for (let round = -1; round < rounds; round++) {
    const base = await time(baseLine, env);
    for (const [name, command] of Object.entries(commands)) {
      const own = await time(command, env);
      // The first round only warms the disk.
      if (round >= 0) times[name] = [...(times[name] ?? []), { own, base }];
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, runs]) => [name, summarize(runs)]));
}

/** Wall-clock time of one run, milliseconds; its exit code is nobody's concern here. */
export async function time([program, ...args]: CommandLine, env: Record<string, string> = {}): Promise<number> {
  const start = performance.now();
  await execa(program, args, { env, stdio: "ignore", reject: false });
  return performance.now() - start;
}

function summarize(runs: readonly { own: number; base: number }[]): Timing {
  const own = runs.map((run) => run.own);
  return {
    medianMs: round(median(own)),
    minMs: round(Math.min(...own)),
    maxMs: round(Math.max(...own)),
    ratio: Math.round(100 * median(runs.map((run) => run.own / run.base))) / 100,
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
