import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

/** Holds a lock of a home, as another command of ours that takes its time would. @returns what lets it go */
export async function holdLock(home: string, name: "state.lock" | "apply.lock"): Promise<() => void> {
  const folder = join(home, "mtproxy/run");
  await mkdir(folder, { recursive: true });
  const holder = spawn("flock", [join(folder, name), "sh", "-c", "echo held; exec sleep 60"], {
    stdio: ["ignore", "pipe", "ignore"],
    detached: true,
  });
  await new Promise((held) => holder.stdout.once("data", held));
  return () => process.kill(-Number(holder.pid), "SIGKILL");
}
