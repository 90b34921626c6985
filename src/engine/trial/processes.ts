import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { AppError } from "../../domain/errors.ts";

/**
 * Whether the process with this id is a server of this run folder: an id in a file may belong to another program by now.
 */
export function isServerOf(run: string, pid: number): boolean {
  try {
    const args = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    return args[args.indexOf("--run") + 1] === run && !isZombie(pid);
  } catch {
    return false;
  }
}

/** Ended, but not yet collected by its parent. */
function isZombie(pid: number): boolean {
  return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
}

/**
 * Returns when the server has ended; kills it when it does not within `patienceMs`.
 * @throws AppError engine when even that does not help
 */
export async function waitForEnd(run: string, pid: number, patienceMs: number): Promise<void> {
  if (await endsWithin(run, pid, patienceMs)) return;
  process.kill(pid, "SIGKILL");
  if (await endsWithin(run, pid, 2_000)) return;
  throw new AppError("engine", `the trial server (process ${pid}) cannot be ended`);
}

async function endsWithin(run: string, pid: number, milliseconds: number): Promise<boolean> {
  const end = performance.now() + milliseconds;
  while (isServerOf(run, pid)) {
    if (performance.now() > end) return false;
    await setTimeout(20);
  }
  return true;
}
