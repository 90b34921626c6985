import { readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { isAlive } from "./temp-files.ts";

/** What a holder writes into its lock file, as one line of JSON. */
interface LockHolder {
  readonly pid: number;
  readonly purpose: string;
  /** ISO 8601. */
  readonly since: string;
}

/** Who wrote the lock file last; undefined when nobody did or the process is gone (its lock fell, its words did not). */
export function parseHolder(text: string): LockHolder | undefined {
  try {
    const { pid, purpose, since } = JSON.parse(text);
    const isHolder = Number.isInteger(pid) && typeof purpose === "string" && typeof since === "string";
    return isHolder && isAlive(pid) && !isOver(pid) ? { pid, purpose, since } : undefined;
  } catch {
    return undefined;
  }
}

/** It has ended, and only its parent has not asked for its exit code yet (proc(5)). */
function isOver(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.startsWith("Z") === true;
  } catch {
    return false;
  }
}

/** Processes that have the lock file open, as `name (pid)`; ours and those we may not look at are left out. */
export function processesWithOpen(path: string): string[] {
  try {
    const target = realpathSync(path);
    const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
    return pids.filter((pid) => hasOpen(pid, target)).map((pid) => `${commandOf(pid)} (pid ${pid})`);
  } catch {
    return [];
  }
}

function hasOpen(pid: string, target: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === target);
  } catch {
    return false;
  }
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return "a process";
  }
}
