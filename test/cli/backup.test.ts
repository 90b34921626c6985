import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { BackupList } from "../../src/app/moving/list-backups.ts";
import type { CliResult } from "../support/cli.ts";
import { type CliHome, cliHome, sharedCliHome } from "../support/cli-home.ts";
import { killAtEach } from "../support/crash.ts";
import { inParallel } from "../support/in-parallel.ts";
import { canRun } from "../support/machine.mts";
import { watchOnTerminal } from "../support/run-source.ts";
import { tempFolder } from "../support/temp-home.ts";

const MTPROXY = resolve(import.meta.dirname, "../../bin/familytraffic-mtproxy");
const PASSPHRASE = "correct horse battery";

interface Restored {
  readonly restored: boolean;
  readonly before: string | null;
  readonly difference: {
    readonly comes: string[];
    readonly goes: string[];
    readonly links: unknown[];
    readonly settings: unknown[];
  };
}

const restoredOf = ({ json }: CliResult) => json.data as Restored;
const madeOf = (result: CliResult) => (result.json.data as { path: string }).path;

/** Every file of the home that is remembered, by its path in it; locks, logs and backups are not. */
async function filesOf({ home }: CliHome): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(home, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(home.length + 1);
    if (entry.isFile() && !/^(backups|logs|mtproxy\/run)\//.test(name)) found[name] = await readFile(path, "base64");
  }
  return found;
}

async function passphraseFile(text = PASSPHRASE): Promise<string> {
  const path = join(await tempFolder(), "passphrase");
  await writeFile(path, `${text}\n`, { mode: 0o600 });
  return path;
}

describe("a home", () => {
  const home = sharedCliHome();
  let alice = "";
  beforeAll(async () => {
    alice = (await home().add("alice")).link;
    await home().add("bob", "--fake-tls");
  });

  test("is saved in one file that only its owner reads, and says which files are in it", async () => {
    const { code, json } = await home().mtproxy("backup", "create", "--json");
    expect(code).toBe(0);
    const path = madeOf({ json } as CliResult);
    expect(json.data).toEqual({
      path: expect.stringMatching(/\/backups\/mtproxy-\d{8}T\d{6}Z(-\d+)?\.backup$/),
      created_at: expect.any(String),
      reason: "asked for",
      automatic: false,
      encrypted: false,
      bytes: (await stat(path)).size,
      files: ["config/mtproxy/mtproxy_config.json", "config/mtproxy/shards.json", "data/users.json"],
      pruned: [],
    });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test("lists its backups, newest first, with date, reason, size and whether they are encrypted", async () => {
    await home().mtproxy(
      "backup",
      "create",
      "--passphrase-file",
      await passphraseFile(),
      "--reason",
      "before the move",
    );
    await writeFile(home().path("backups/broken.backup"), "MTPROXY-BACKUP\n{}");
    const list = await home().mtproxy("backup", "list", "--json");
    const { backups } = list.json.data as BackupList;
    expect(backups[0]).toMatchObject({ reason: "before the move", encrypted: true, automatic: false, fault: null });
    expect(backups.at(-1)).toMatchObject({ name: "broken.backup", fault: expect.stringContaining("is damaged") });
    const { code, stdout } = await home().mtproxy("backup", "list");
    expect(code).toBe(0);
    expect(stdout).toMatch(/│ Date +│ Reason +│ Size +│ Encrypted │ File/);
    expect(stdout).toMatch(/│ \d{4}-\d\d-\d\d \d\d:\d\d:\d\d │ before the move +│ \d+ k?B +│ yes +│ mtproxy-/);
    await rm(home().path("backups/broken.backup"));
  });

  test("keeps all backups but automatic ones beyond --keep", async () => {
    for (const _ of [1, 2, 3]) await home().mtproxy("backup", "create", "--automatic");
    const dry = await home().mtproxy("backup", "create", "--automatic", "--keep", "2", "--dry-run", "--json");
    expect((dry.json.data as { pruned: string[] }).pruned).toHaveLength(2);
    await home().mtproxy("backup", "create", "--automatic", "--keep", "2");
    const { backups } = (await home().mtproxy("backup", "list", "--json")).json.data as BackupList;
    expect(backups.filter(({ automatic }) => automatic)).toHaveLength(2);
    expect(backups.filter(({ automatic }) => !automatic).length).toBeGreaterThan(1);
  });

  test("is saved elsewhere on demand, never over a file", async () => {
    const output = join(await tempFolder(), "a.backup");
    expect((await home().mtproxy("backup", "create", "--output", output)).code).toBe(0);
    const again = await home().mtproxy("backup", "create", "--output", output);
    expect([again.code, again.stderr]).toEqual([5, expect.stringContaining("is there already")]);
  });

  test("asks for a passphrase twice, shows nothing of it, and is restored with it", async () => {
    const output = join(await tempFolder(), "typed.backup");
    const command = [
      process.execPath,
      MTPROXY,
      "backup",
      "create",
      "--encrypt",
      "--output",
      output,
      "--home",
      home().home,
    ];
    const shown = watchOnTerminal(command);
    await shown.until("Passphrase for the backup:");
    shown.child.stdin.write(`${PASSPHRASE}\r`);
    await shown.until("The same once more:");
    shown.child.stdin.write(`${PASSPHRASE}x\r`);
    await shown.until("the two differ");
    await new Promise((later) => setTimeout(later, 300));
    shown.child.stdin.write(`${PASSPHRASE}\r`);
    await new Promise((later) => setTimeout(later, 300));
    shown.child.stdin.write(`${PASSPHRASE}\r`);
    expect(await shown.ended).toBe(0);
    expect(shown.output()).not.toContain("horse");
    const restore = await home().mtproxy(
      "backup",
      "restore",
      output,
      "--dry-run",
      "--passphrase-file",
      await passphraseFile(),
    );
    expect(restore.code).toBe(0);
  });

  test("without a terminal a passphrase comes from a file, or not at all", async () => {
    const asked = await home().mtproxy("backup", "create", "--encrypt");
    expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining("--passphrase-file FILE")]);
    const short = await home().mtproxy("backup", "create", "--passphrase-file", await passphraseFile("short"));
    expect([short.code, short.stderr]).toEqual([3, expect.stringContaining("at least 8 characters")]);
  });

  test("goes back to a backup: who was added goes, who was removed comes, and the links follow", async () => {
    const path = madeOf(await home().mtproxy("backup", "create", "--json"));
    const carol = await home().add("carol");
    await home().mtproxy("remove-user", "alice", "--yes");
    await home().mtproxy("disable-user", "bob");
    const users = JSON.parse(await home().usersText());
    users.users.push({ username: "stack", uuid: "6f0c1c2e-6a6f-4a8e-9b43-0d6d3c1d2e3f", quota: 1 });
    await home().putUsers(JSON.stringify(users, null, 2));
    expect([await home().works(alice), await home().works(carol.link)]).toEqual([false, true]);
    const dry = await home().mtproxy("backup", "restore", path, "--dry-run");
    expect(dry.stdout).toContain("  alice gets a link again\n  carol loses the link\n  bob is enabled");
    const asked = await home().mtproxy("backup", "restore", path);
    expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining("Restore this backup?")]);
    expect(await home().works(carol.link)).toBe(true);

    const result = await home().mtproxy("backup", "restore", path, "--yes", "--json");
    expect(result.code, result.stdout).toBe(0);
    expect(restoredOf(result)).toMatchObject({ restored: true, difference: { comes: ["alice"], goes: ["carol"] } });
    expect([await home().works(alice), await home().works(carol.link)]).toEqual([true, false]);
    expect((await home().mtproxy("verify")).code).toBe(0);
    const names = JSON.parse(await home().usersText()).users.map(({ username }: { username: string }) => username);
    expect(names.sort()).toEqual(["alice", "bob", "stack"]);
    await expect(stat(home().path("data/clients/carol"))).rejects.toThrow("ENOENT");

    const back = await home().mtproxy("backup", "restore", restoredOf(result).before ?? "", "--yes", "--json");
    expect(restoredOf(back).difference).toMatchObject({ comes: ["carol"], goes: ["alice"] });
    expect([await home().works(alice), await home().works(carol.link)]).toEqual([false, true]);
    await home().mtproxy("backup", "restore", path, "--yes");
  });

  test("--whole-users-file takes the VLESS stack's people back too", async () => {
    const before = await home().usersText();
    const path = madeOf(await home().mtproxy("backup", "create", "--json"));
    await home().vlessUser("add", "later");
    expect((await home().mtproxy("backup", "restore", path, "--yes")).code).toBe(0);
    expect(await home().usersText()).toContain("later");
    expect((await home().mtproxy("backup", "restore", path, "--yes", "--whole-users-file")).code).toBe(0);
    expect(await home().usersText()).toBe(before);
  });

  test("that nobody can read any more is taken back all the same", async () => {
    const path = madeOf(await home().mtproxy("backup", "create", "--json"));
    await writeFile(home().path("config/mtproxy/shards.json"), '{"version":1,');
    expect((await home().mtproxy("list-users")).code).toBe(3);
    const { code, stdout } = await home().mtproxy("backup", "restore", path, "--yes");
    expect([code, stdout]).toEqual([0, expect.stringContaining("what is here now cannot be read")]);
    expect((await home().mtproxy("verify")).code).toBe(0);
  });

  test("whose users.json nobody can read is taken back with --whole-users-file, as the refusal says", async () => {
    const path = madeOf(await home().mtproxy("backup", "create", "--json"));
    await home().putUsers('{"users": [');
    const refused = await home().mtproxy("backup", "restore", path, "--yes", "--json");
    expect([refused.code, refused.json.error?.hint]).toEqual([3, expect.stringContaining("--whole-users-file")]);
    expect((await home().mtproxy("backup", "restore", path, "--yes", "--whole-users-file")).code).toBe(0);
    expect((await home().mtproxy("verify")).code).toBe(0);
  });
});

describe("a backup that cannot be trusted is refused with exit 3, and nothing changes", () => {
  const home = sharedCliHome("--no-start");
  let plain = "";
  let encrypted = "";
  let before: Record<string, string> = {};
  beforeAll(async () => {
    await home().vlessUser("add", "ann");
    plain = madeOf(await home().mtproxy("backup", "create", "--json"));
    const given = join(home().home, "..", "passphrase");
    await writeFile(given, PASSPHRASE);
    encrypted = madeOf(await home().mtproxy("backup", "create", "--passphrase-file", given, "--json"));
    await home().vlessUser("add", "ben");
    before = await filesOf(home());
  });

  /** What restoring these bytes ends with; nothing of the home may change with it. */
  async function restored(
    content: string,
    passphrase = PASSPHRASE,
  ): Promise<Pick<CliResult, "code" | "stdout" | "stderr">> {
    const path = join(await tempFolder(), "spoilt.backup");
    await writeFile(path, content, "latin1");
    const file = await passphraseFile(passphrase);
    const { code, stdout, stderr } = await home().mtproxy(
      "backup",
      "restore",
      path,
      "--yes",
      "--passphrase-file",
      file,
    );
    return { code, stdout, stderr };
  }

  /** All at once: each is refused before it could write. */
  async function refuseEach(spoilt: readonly (readonly [at: number, content: string])[]): Promise<void> {
    const results = await inParallel(spoilt, 4, async ([at, content]) => ({ at, ...(await restored(content)) }));
    for (const { at, code, stdout } of results) expect({ at, code, stdout }).toEqual({ at, code: 3, stdout: "" });
    expect(await filesOf(home())).toEqual(before);
  }

  test.each([
    ["truncated", () => plain, (text: string) => text.slice(0, -20), "cut off"],
    ["tampered", () => plain, (text: string) => `${text.slice(0, -9)}x${text.slice(-8)}`, "its contents were changed"],
    ["relabelled", () => plain, (text: string) => text.replace("asked for", "asked fir"), "its header was changed"],
    ["of a newer version", () => plain, (text: string) => text.replace('"version":1', '"version":9'), "newer mtproxy"],
    ["encrypted and truncated", () => encrypted, (text: string) => text.slice(0, -1), "cut off"],
    ["of another passphrase", () => encrypted, (text: string) => text, "is another one"],
  ])("%s", async (_, source, spoil, says) => {
    const spoilt = spoil(await readFile(source(), "latin1"));
    const { code, stdout, stderr } = await restored(spoilt, "incorrect horse");
    expect([code, stdout]).toEqual([3, ""]);
    expect(stderr).toContain(says);
    expect(await filesOf(home())).toEqual(before);
  });

  describe.each([
    ["plain", () => plain],
    ["encrypted", () => encrypted],
  ])("%s", (_, source) => {
    test("and cut off, in its mark, its header and its contents", async () => {
      const whole = await readFile(source(), "latin1");
      const header = whole.indexOf("\n", whole.indexOf("\n") + 1);
      const places = [0, 7, 15, Math.floor(header / 2), header, header + 1, Math.floor((header + whole.length) / 2)];
      await refuseEach([...places, whole.length - 1].map((at) => [at, whole.slice(0, at)]));
    });

    test("and with one byte changed, wherever that is", async () => {
      const whole = await readFile(source(), "latin1");
      const header = whole.indexOf("\n", whole.indexOf("\n") + 1);
      // Header and contents are each spoilt at places that are spread over them, and at their ends.
      const inHeader = Array.from({ length: 8 }, (_, index) => Math.round((index * header) / 7));
      const rest = whole.length - header - 2;
      const inContents = Array.from({ length: 8 }, (_, index) => header + 1 + Math.round((index * rest) / 7));
      const flipped = (at: number) =>
        whole.slice(0, at) + String.fromCharCode(whole.charCodeAt(at) ^ 1) + whole.slice(at + 1);
      await refuseEach([...inHeader, ...inContents].map((at) => [at, flipped(at)]));
    });
  });

  test("one whose files do not fit together is not even asked about", async () => {
    const users = await home().usersText();
    await home().putUsers(users.slice(0, -10));
    const made = await home().mtproxy("backup", "create", "--json");
    expect(made.json.warnings.join()).toContain("cannot be restored as it is");
    await home().putUsers(users);
    const { code, stderr } = await home().mtproxy("backup", "restore", madeOf(made), "--yes");
    expect([code, stderr]).toEqual([3, expect.stringContaining("data/users.json is not JSON")]);
    expect(await filesOf(home())).toEqual(before);
  });
});

test("a backup on an empty home gives the same files byte by byte, the same plan and the same links", async () => {
  const home = await cliHome();
  // What is done while the proxy is stopped is quick; that it is not live yet is all that fails.
  await home.mtproxy("stop");
  const linkFrom = async (...args: string[]) =>
    ((await home.mtproxy(...args, "--json")).json.data as { link: string }).link;
  const links = [await linkFrom("add-user", "a"), await linkFrom("add-user", "b", "--fake-tls")];
  await home.mtproxy("add-user", "c", "--plain");
  await home.mtproxy("disable-user", "c");
  await home.mtproxy("add-fake-tls-domain", "cover.invalid", "--no-check");
  await home.mtproxy("set-user", "a", "--note", "with an old link", "--expires", "30d");
  links.push(await linkFrom("regenerate-user-secret", "a", "--overlap", "7d"), await linkFrom("add-secret", "--plain"));
  const channel = { enabled: true, proxy_tag: "1f".repeat(16), registered_at: "2025-11-08T10:00:00Z" };
  await writeFile(home.path("config/mtproxy/promoted_channel.json"), JSON.stringify(channel));
  expect((await home.mtproxy("start")).code).toBe(0);
  const file = await passphraseFile();
  const output = join(await tempFolder(), "moved.backup");
  await home.mtproxy("backup", "create", "--output", output, "--passphrase-file", file);
  const [before, plan] = [await filesOf(home), (await home.mtproxy("plan", "--json")).json.data];
  await home.mtproxy("stop");
  await home.killServer();
  await rm(home.home, { recursive: true });
  const { code, stderr } = await home.mtproxy("backup", "restore", output, "--yes", "--passphrase-file", file);
  expect(code, stderr).toBe(0);
  const after = await filesOf(home);
  expect(Object.keys(after).sort()).toEqual(Object.keys(before).sort());
  expect(after).toEqual(before);
  expect((await home.mtproxy("plan", "--json")).json.data).toEqual(plan);
  const verified = await home.mtproxy("verify", ...links);
  expect(verified.code, verified.stdout).toBe(0);
});

test("before the first write of version 0 a backup is made by itself, with the old bytes in it", async () => {
  const home = await cliHome("--no-start");
  const old = await readFile(resolve(import.meta.dirname, "../fixtures/state/v0/mtproxy_secrets.json"));
  const config = JSON.parse(await readFile(home.path("config/mtproxy/mtproxy_config.json"), "utf8"));
  await writeFile(home.path("config/mtproxy/mtproxy_config.json"), JSON.stringify({ ...config, version: "6.0" }));
  await writeFile(home.path("config/mtproxy/mtproxy_secrets.json"), old);
  const before = await filesOf(home);
  expect((await home.mtproxy("setup", "--no-start", "--port", "18443")).code).toBe(0);
  const { backups } = (await home.mtproxy("backup", "list", "--json")).json.data as BackupList;
  expect(backups.map(({ reason, automatic }) => [reason, automatic])).toEqual([["before migration", true]]);
  await home.mtproxy("backup", "restore", backups[0]?.path ?? "", "--yes");
  const after = await filesOf(home);
  for (const name of ["config/mtproxy/mtproxy_config.json", "config/mtproxy/mtproxy_secrets.json"])
    expect(after[name]).toBe(before[name]);
});

test("a home with nothing in it has nothing to save", async () => {
  const { mtproxy, home } = await cliHome("--no-start");
  await rm(home, { recursive: true });
  const { code, stderr } = await mtproxy("backup", "create");
  expect([code, stderr]).toEqual([4, expect.stringContaining("there is nothing to save")]);
  expect((await mtproxy("backup", "list")).stdout).toContain("No backups in");
});

describe.runIf(canRun("strace"))("restore that is killed", () => {
  test("at any rename can be run again, and ends as if nothing had happened", async () => {
    const home = await cliHome();
    const backUp = async () => madeOf(await home.mtproxy("backup", "create", "--json"));
    const alice = { ...(await home.add("alice")), path: await backUp() };
    await home.mtproxy("remove-user", "alice", "--yes");
    const late = { ...(await home.add("late")), path: await backUp() };
    // Each restore that is killed goes back from the one home to the other.
    const turns = [alice, late];
    const restore = () => ["backup", "restore", turns[0]?.path ?? "", "--yes"];
    const killed = await killAtEach("rename", () => [process.execPath, MTPROXY, ...restore(), "--home", home.home], {
      step: 2,
      before: async () => {},
      after: async (at) => {
        const again = await home.mtproxy(...restore(), "--json");
        expect(again.code, `after rename ${at}: ${again.stdout}`).toBe(0);
        const [wanted, other] = turns;
        expect(await home.works(wanted?.link ?? "")).toBe(true);
        const list = (await home.mtproxy("list-users", "--json")).json.data as { users: { username: string }[] };
        expect(list.users.map(({ username }) => username)).toEqual([wanted?.username]);
        expect(await home.works(other?.link ?? "")).toBe(false);
        turns.reverse();
      },
    });
    expect(killed).toBeGreaterThan(2);
  }, 300_000);
});
