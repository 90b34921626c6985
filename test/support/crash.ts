import { execa } from "execa";

/** Far more calls than any program under test makes: a loop that does not end is a failure, not a hang. */
const MAX_CALLS = 500;

/**
 * Runs a program again and again, killed (SIGKILL) when it makes the first, second, third … of the named system calls, until one
 * run makes no further call; with a `step` only at every so many of them. `before` prepares each run, `after` looks at what is left.
 * @returns how many runs were killed
 */
export async function killAtEach(
  call: string,
  command: readonly string[] | (() => readonly string[]),
  { before, after, step = 1 }: { before(): Promise<void>; after(killedAt: number): Promise<void>; step?: number },
): Promise<number> {
  let killed = 0;
  for (let at = 1; at <= MAX_CALLS; at += step) {
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
    const env = { UV_THREADPOOL_SIZE: "1" };
    const words = typeof command === "function" ? command() : command;
    const run = await execa("strace", [...kill, ...words], { env, reject: false, timeout: 60_000 });
    if (run.exitCode === 0) return killed;
    if (run.signal !== "SIGKILL" && run.exitCode !== 137) throw new Error(`it failed by itself: ${run.stderr || run}`);
    killed += 1;
    await after(at);
  }
  throw new Error(`still killed at call ${MAX_CALLS} of ${call}`);
}
