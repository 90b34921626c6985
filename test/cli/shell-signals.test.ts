import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { runCli, startCli, withHome } from "../support/cli.ts";
import { holdLock } from "../support/held-lock.ts";

/** Resolves when the process has a child: here the program that waits for the lock. */
async function untilItWaits(pid: number | undefined): Promise<void> {
  while ((await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")) === "") await sleep(20);
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
      const release = await holdLock(home, "state.lock");
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
