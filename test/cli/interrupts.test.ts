import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { parseLink } from "../../src/domain/link.ts";
import { startCli } from "../support/cli.ts";
import { type CliHome, cliHome, sharedCliHome } from "../support/cli-home.ts";
import { holdLock } from "../support/held-lock.ts";
import { readEnvelope } from "../support/schemas.ts";

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

/** Runs `job` until it says that it will finish after a Ctrl-C, while another command keeps it from making anything live. */
async function interrupted(home: CliHome, args: readonly string[], isBegun: () => Promise<boolean>) {
  const letGo = await holdLock(home.home, "apply.lock");
  const job = startJob(home, ...args, "--yes", "--json");
  try {
    await expect.poll(isBegun, quickly).toBe(true);
    job.press("SIGINT");
    await expect.poll(() => job.said.stderr, quickly).toMatch(FINISHING);
  } finally {
    letGo();
  }
  expect(await job.ended, job.said.stderr).toBe(0);
  return readEnvelope(job.said.stdout, args.join(" "));
}

interface Shared {
  readonly id: string;
  readonly link: string;
}

describe("Ctrl-C after something was taken away and before it is made live", () => {
  const home = sharedCliHome();
  const add = async () => (await home().mtproxy("add-secret", "--json")).json.data as Shared;
  const secrets = () => readFile(home().path("config/mtproxy/mtproxy_secrets.json"), "utf8");
  const digitsOf = ({ link }: Shared) => parseLink(link).secret.key.reveal();
  const isGone = (secret: Shared) => async () => !(await secrets()).includes(digitsOf(secret));

  test("lets remove-secret finish: the link is dead when it ends", async () => {
    const secret = await add();
    const { data } = await interrupted(home(), ["remove-secret", secret.id], isGone(secret));
    expect([data, await home().works(secret.link)]).toEqual([expect.objectContaining({ revoked: true }), false]);
  });

  test("lets regenerate-secret finish: the old link is dead and the new one works", async () => {
    const secret = await add();
    const { data } = await interrupted(home(), ["regenerate-secret", secret.id], isGone(secret));
    expect([await home().works(secret.link), await home().works((data as Shared).link)]).toEqual([false, true]);
  });

  test("lets a restore finish: who came since has no link any more, who was there has", async () => {
    const alice = await home().add("alice");
    const { path } = (await home().mtproxy("backup", "create", "--json")).json.data as { path: string };
    const late = await home().add("late");
    const isSaved = async () => (await readdir(home().path("backups"))).length > 1;
    const { data } = await interrupted(home(), ["backup", "restore", path], isSaved);
    expect(data).toMatchObject({ restored: true });
    expect([await home().works(late.link), await home().works(alice.link)]).toEqual([false, true]);
  });
});

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
      expect(readEnvelope(job.said.stdout, "remove-user alice")).toMatchObject({
        ok: true,
        data: { username: "alice", revoked: true },
      });
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
