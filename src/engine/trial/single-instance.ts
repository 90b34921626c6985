import { spawnSync } from "node:child_process";
import { openSync } from "node:fs";
import { AppError } from "../../domain/errors.ts";
import type { RunFolder } from "./run-folder.ts";

/** What `flock -n` exits with when somebody else has the lock (flock(1)). */
const HELD = 1;

/**
 * Makes this process the only server of its home. The lock belongs to the open file and ends with the process however that ends, so
 * nothing that a killed server left can be taken for a running one.
 * @throws AppError conflict when another one runs
 */
export function becomeOnlyInstance(folder: RunFolder): void {
  const descriptor = openSync(folder.file("lock"), "a", 0o600);
  const { status, error } = spawnSync("flock", ["-n", "-x", "3"], { stdio: ["ignore", "ignore", "pipe", descriptor] });
  if (status === 0) return;
  if (status === HELD) throw new AppError("conflict", "the trial server of this home runs already");
  throw new AppError("environment", `flock failed: ${error?.message ?? `exit code ${status}`}`, {
    hint: "install util-linux, which has flock",
  });
}
