import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { startCli } from "../support/cli.ts";
import { type CliHome, cliHome } from "../support/cli-home.ts";

/** A command as a shell starts it: in a process group of its own, to which Ctrl-C goes as a whole. */
function startJob(home: CliHome, ...args: string[]) {
  const child = startCli(args, { home: home.home, within: ["setsid"] });
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].setEncoding("utf8").on("data", (piece: string) => {
      said[name] += piece;
    });
  const ended = new Promise<number | string>((end) => child.once("close", (code, signal) => end(code ?? `${signal}`)));
  return { said, ended, press: (signal: NodeJS.Signals) => process.kill(-Number(child.pid), signal) };
}

/** The home's proxy answers nothing while `work` goes on, so that a command which makes something live waits. */
async function whileItHangs(home: CliHome, work: () => Promise<void>): Promise<void> {
  const { pid } = JSON.parse(await readFile(home.path("mtproxy/run/trial-server.json"), "utf8")) as { pid: number };
  process.kill(pid, "SIGSTOP");
  try {
    await work();
  } finally {
    process.kill(pid, "SIGCONT");
  }
}

const usersHold = (home: CliHome, name: string) => async () => (await home.usersText()).includes(name);
const quickly = { timeout: 10_000, interval: 10 };
const FINISHING = /interrupted: finishing what was begun.*once more to stop at once/;

describe("Ctrl-C while a revocation is made live", () => {
  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "is told, and the link is dead when the command has ended as ever (%s)",
    async (signal) => {
      const home = await cliHome();
      const { link } = await home.add("alice");
      const job = startJob(home, "remove-user", "alice", "--yes", "--json");
      await whileItHangs(home, async () => {
        await expect.poll(usersHold(home, "alice"), quickly).toBe(false);
        job.press(signal);
        await expect.poll(() => job.said.stderr, quickly).toMatch(FINISHING);
      });
      expect(await job.ended).toBe(0);
      expect(JSON.parse(job.said.stdout)).toMatchObject({ ok: true, data: { username: "alice", revoked: true } });
      expect(job.said.stderr.match(/finishing/g)).toHaveLength(1);
      expect(await home.works(link)).toBe(false);
    },
  );

  test("twice ends it at once, saying what is left and how to finish it", async () => {
    const home = await cliHome();
    const { link } = await home.add("alice");
    const job = startJob(home, "disable-user", "alice", "--quiet");
    await whileItHangs(home, async () => {
      await expect.poll(usersHold(home, '"mtproxy_enabled": false'), quickly).toBe(true);
      job.press("SIGINT");
      await expect.poll(() => job.said.stderr, quickly).toMatch(FINISHING);
      await sleep(200);
      job.press("SIGINT");
      expect(await job.ended).toBe(130);
    });
    expect(job.said.stderr).toMatch(
      /stopped at once: a change is saved that may not be live; mtproxy apply finishes it/,
    );
    expect((await home.mtproxy("apply")).code).toBe(0);
    expect(await home.works(link)).toBe(false);
  });
});
