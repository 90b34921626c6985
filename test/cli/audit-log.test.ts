import { randomBytes } from "node:crypto";
import { appendFile, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { AuditRecord } from "../../src/domain/audit/record.ts";
import { type CliOptions, startCli } from "../support/cli.ts";
import { sharedCliHome } from "../support/cli-home.ts";
import { holdLock } from "../support/held-lock.ts";

const home = sharedCliHome();
const log = () => home().path("logs/mtproxy/audit.log");
const logText = () => readFile(log(), "utf8");

type Shown = Pick<
  AuditRecord,
  "actor" | "user" | "uid" | "from" | "command" | "typed" | "about" | "outcome" | "words"
> & {
  readonly dry_run: boolean;
  readonly exit_code: number | null;
};

async function changes(...args: string[]): Promise<Shown[]> {
  const { code, json } = await home().mtproxy("history", "--limit", "1000", ...args, "--json");
  expect([code, json.ok]).toEqual([0, true]);
  return (json.data as { changes: Shown[] }).changes;
}
const last = async (...args: string[]) => (await changes(...args)).at(-1);

/** As sudo runs it for somebody who came by SSH: the address is in the environment of a process above only. */
const bySudo: CliOptions = {
  within: ["sh", "-c", 'env -u SSH_CONNECTION SUDO_USER=maria "$@"; exit $?', "sh"],
  env: { SSH_CONNECTION: "203.0.113.9 50122 192.0.2.1 22" },
};

describe("every change is written down", () => {
  test("the first one too, which made the home", async () => {
    const [first] = await changes();
    expect(first).toMatchObject({ command: "setup", outcome: "done", exit_code: 0, dry_run: false, actor: "person" });
  });

  test("with who typed it, from where, and whom it was about", async () => {
    await home().run(["add-user", "bob", "--note", "old phone"], bySudo);
    expect(await last()).toMatchObject({
      ...{ user: "maria", uid: process.getuid?.(), from: "203.0.113.9", actor: "person" },
      ...{ typed: ["mtproxy", "add-user", "bob", "--note", "old phone"], about: ["bob"], outcome: "done" },
    });
  });

  test("and so are a dry run, and what was refused, with the reason", async () => {
    await home().mtproxy("disable-user", "bob", "--dry-run");
    expect(await last()).toMatchObject({ command: "disable-user", dry_run: true, outcome: "done" });
    await home().mtproxy("remove-user", "nobody", "--yes");
    const refused = await last();
    expect(refused).toMatchObject({ outcome: "failed", exit_code: 4, words: expect.stringContaining("nobody") });
    const { stdout } = await home().mtproxy("history");
    expect(stdout).toContain("mtproxy disable-user bob --dry-run  ✓");
    expect(stdout).toMatch(/mtproxy remove-user nobody --yes {2}✗ exit 4 [\d.]+ s\n {4}\S/);
  });

  test("and what only looks is not", async () => {
    const before = await logText();
    for (const words of [["list-users"], ["status"], ["show", "bob"], ["verify", "bob"], ["history"]])
      await home().mtproxy(...words);
    expect(await logText()).toBe(before);
  });

  test("for its owner's eyes, in lines that are JSON, without a key that was typed in the wrong place", async () => {
    const digits = randomBytes(16).toString("hex");
    const link = `tg://proxy?server=192.0.2.7&port=443&secret=dd${digits}`;
    for (const word of [digits, `dd${digits}`, link]) await home().mtproxy("remove-secret", word);
    const [text, { mode }] = await Promise.all([logText(), stat(log())]);
    expect(text).not.toContain(digits);
    expect(mode & 0o777).toBe(0o600);
    expect(text.endsWith("\n")).toBe(true);
    for (const line of text.trimEnd().split("\n")) expect(JSON.parse(line)).toMatchObject({ version: 1 });
  });

  test("also when it is killed in the middle: then it began and did not end", async () => {
    const letGo = await holdLock(home().home, "apply.lock");
    const child = startCli(["add-user", "carol"], { home: home().home });
    try {
      await expect.poll(logText, { interval: 10 }).toContain('"carol"');
      child.kill("SIGKILL");
      await new Promise((end) => child.once("close", end));
    } finally {
      letGo();
    }
    expect(await last("--user", "carol")).toMatchObject({ outcome: "unfinished", exit_code: null, words: null });
    expect((await home().mtproxy("history")).stdout).toContain("did not end: it was killed, or still runs");
  });
});

describe("what the timer does", () => {
  test("is written down when it is something, as the timer's", async () => {
    await home().mtproxy("tick");
    const before = (await changes()).length;
    expect((await home().mtproxy("tick", "--quiet")).code).toBe(0);
    expect(await changes()).toHaveLength(before);

    await home().add("dave");
    const users = JSON.parse(await home().usersText()) as { users: { username: string }[] };
    const gone = users.users.map((it) =>
      it.username === "dave" ? { ...it, mtproxy_expires_at: "2026-01-31T00:00:00.000Z" } : it,
    );
    await home().putUsers(JSON.stringify({ ...users, users: gone }));
    // No terminal, as under systemd and cron.
    expect((await home().run(["tick", "--quiet"], { within: ["setsid", "--wait"] })).code).toBe(0);
    expect(await last()).toMatchObject({ actor: "timer", command: "tick", about: ["dave"], outcome: "done" });
  });
});

describe("the log", () => {
  test("is searched by time and person, the newest last", async () => {
    expect(await changes("--since", "1h")).toEqual(await changes());
    expect(await changes("--since", new Date(Date.now() + 60_000).toISOString())).toEqual([]);
    expect((await changes("--user", "BOB")).map(({ command }) => command)).toEqual(["add-user", "disable-user"]);
    const { stdout } = await home().mtproxy("history", "--limit", "1");
    expect(stdout).toMatch(/^\d+ older ones: --limit \d+ shows all\n.+\n$/);
  });

  test("is read with what was rotated away and packed, and with a line that is none", async () => {
    const before = await changes();
    const older = '{"version":1,"at":"2026-01-02T03:04:05.000Z","entry":"change","id":"x","actor":"daemon"';
    await writeFile(`${log()}.2.gz`, gzipSync(`${older},"command":"refuse","about":["eve"],"words":"expired"}\n`));
    await rename(log(), `${log()}.1`);
    await appendFile(`${log()}.1`, '{"version":2,"at"');
    const all = await changes();
    expect([all.length, all[0]?.about]).toEqual([before.length + 1, ["eve"]]);
    expect(all.slice(1)).toEqual(before);
    expect((await home().mtproxy("history")).stderr).toContain("1 line is left out");
    await home().mtproxy("enable-user", "bob");
    expect(await changes()).toHaveLength(before.length + 2);
    await rm(`${log()}.2.gz`);
  });

  test("that cannot be written stops nobody, and people are told", async () => {
    await rename(log(), `${log()}.1`);
    await mkdir(log());
    const { code, stderr } = await home().mtproxy("add-user", "frank");
    expect([code, stderr]).toEqual([0, expect.stringContaining("this is not written down in the audit log")]);
    const { json } = await home().mtproxy("disable-user", "frank", "--json");
    expect([json.ok, json.warnings]).toEqual([true, [expect.stringContaining(log())]]);
    await rm(log(), { recursive: true });
  });

  test("is not begun where no home was set up", async () => {
    const nowhere = home().path("nowhere");
    expect((await home().run(["add-user", "bob"], { home: nowhere })).code).not.toBe(0);
    await expect(stat(nowhere)).rejects.toThrow("ENOENT");
  });
});
