import { spawn } from "node:child_process";
import { AppError } from "../domain/errors.ts";
import { errorCode } from "./file-errors.ts";
import { endWithUs, ownGroup } from "./own-group.ts";

/** flock(1) says 1 when the time is up and codes of sysexits.h for everything else. */
const TIME_IS_UP = 1;

/** Ctrl-C in the instant of its start, before it has a group of its own, ends the program. */
const MOST_STARTS = 3;

/**
 * flock(2) on an open descriptor, by the program of that name: the lock belongs to the open file, so it outlives the program and
 * lasts until `fd` is closed or this process ends, kill -9 included.
 * @returns false when somebody else still has it after `waitMs`
 */
export async function flock(fd: number, waitMs: number): Promise<boolean> {
  for (let start = 1; ; start += 1) {
    const { code, signal, complaint } = await run(fd, waitMs);
    if (code === 0 || code === TIME_IS_UP) return code === 0;
    if (signal === null || start === MOST_STARTS)
      throw new AppError("environment", `flock failed: ${complaint.trim() || signal || `exit code ${code}`}`);
  }
}

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly complaint: string;
}

function run(fd: number, waitMs: number): Promise<Ended> {
  const seconds = (Math.max(waitMs, 0) / 1000).toFixed(3);
  const child = spawn("flock", ["-w", seconds, "-x", "3"], { ...ownGroup, stdio: ["ignore", "ignore", "pipe", fd] });
  endWithUs(child);
  return new Promise((resolve, reject) => {
    let complaint = "";
    child.stderr?.on("data", (chunk) => {
      complaint += chunk;
    });
    child.on("error", (error) => reject(notRunnable(error)));
    child.on("close", (code, signal) => resolve({ code, signal, complaint }));
  });
}

function notRunnable(error: Error): AppError {
  if (errorCode(error) !== "ENOENT") {
    return new AppError("environment", `the program flock cannot be started: ${errorCode(error)}`, { cause: error });
  }
  return new AppError("environment", "the program flock is missing", {
    hint: "install it with: apt-get install util-linux",
    cause: error,
  });
}
