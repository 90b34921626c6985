import { spawn } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { runCli, startCli, withHome } from "../support/cli.ts";

/** Resolves when the process has a child: here the program that waits for the lock. */
async function untilItWaits(pid: number | undefined): Promise<void> {
  while ((await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")) === "") await sleep(20);
}

/** Holds the state's lock, as another command of ours that takes its time would. */
async function holdStateLock(home: string): Promise<() => void> {
  const folder = join(home, "mtproxy/run");
  await mkdir(folder, { recursive: true });
  const holder = spawn("flock", [join(folder, "state.lock"), "sh", "-c", "echo held; exec sleep 60"], {
    stdio: ["ignore", "pipe", "ignore"],
    detached: true,
  });
  await new Promise((held) => holder.stdout.once("data", held));
  return () => process.kill(-Number(holder.pid), "SIGKILL");
}

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)(
  "%s ends a command that waits with exit code %i; nothing is changed and the next one works",
  (signal, code) =>
    withHome(async (home) => {
      const setup = ["setup", "--engine", "trial", "--public-host", "127.0.0.1", "--no-start"];
      expect((await runCli(setup, { home })).code).toBe(0);
      const release = await holdStateLock(home);
      try {
        const child = startCli(["disable-user", "nobody"], { home });
        const ended = new Promise((end) => child.once("close", (exit, killer) => end(exit ?? killer)));
        await untilItWaits(child.pid);
        child.kill(signal);
        expect(await ended).toBe(code);
      } finally {
        release();
      }
      expect(await runCli(["disable-user", "nobody"], { home })).toMatchObject({ code: 4 });
    }),
);
