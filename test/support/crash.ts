import { spawnSync } from "node:child_process";

/** Far more calls than any program under test makes: a loop that does not end is a failure, not a hang. */
const MAX_CALLS = 500;

/**
 * Runs a program again and again, killed (SIGKILL) when it makes the first, second, third … of the named system calls, until one
 * run makes no further call. `before` prepares each run, `after` looks at what is left.
 * @returns how many runs were killed
 */
export async function killAtEach(
  call: string,
  command: readonly string[],
  { before, after }: { before(): Promise<void>; after(killedAt: number): Promise<void> },
): Promise<number> {
  for (let at = 1; at <= MAX_CALLS; at++) {
    await before();
    const kill = [
      "-f",
      "-qq",
      "-o",
      "/dev/null",
      "-e",
      `trace=${call}`,
      "-e",
      `inject=${call}:signal=SIGKILL:when=${at}`,
    ];
    // One worker thread: strace counts calls per thread.
    const env = { ...process.env, UV_THREADPOOL_SIZE: "1" };
    const run = spawnSync("strace", [...kill, ...command], { env, encoding: "utf8", timeout: 60_000 });
    if (run.error !== undefined) throw run.error;
    if (run.status === 0) return at - 1;
    if (run.signal !== "SIGKILL" && run.status !== 137) throw new Error(`it failed by itself: ${run.stderr}`);
    await after(at);
  }
  throw new Error(`still killed at call ${MAX_CALLS} of ${call}`);
}
