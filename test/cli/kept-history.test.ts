import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { execa } from "execa";
import { describe, expect, it, onTestFinished } from "vitest";
import { openHistory, openHistoryReader } from "../../src/analytics/history/open-history.ts";
import type { Reply } from "../../src/analytics/history/protocol.ts";
import { openSqlite } from "../../src/analytics/history/sqlite.ts";
import type { Resolution } from "../../src/domain/numbers/history.ts";
import type { History } from "../../src/history.ts";
import { createLocks } from "../../src/host/locks.ts";
import { askHistory, keptReplies } from "../support/ask-history.ts";
import { entryAt, userRow } from "../support/history-entry.ts";
import { isRoot } from "../support/machine.mts";
import { tempFolder } from "../support/temp-home.ts";

const checkout = resolve(import.meta.dirname, "../..");
const writer = join(checkout, "build/history-writer.cjs");
const alice = { kind: "user", name: "alice" } as const;

async function places() {
  const folder = await tempFolder();
  return { folder: join(folder, "history"), lock: join(folder, "history.lock") };
}

async function openFor(folder: string, lock: string, warnings: string[] = []): Promise<History> {
  const history = await openHistory({ folder, lock, locks: createLocks(), warn: (text) => warnings.push(text) });
  onTestFinished(() => history.close());
  return history;
}

/** The last number that it said was safe, after `looks` of them and a moment more. */
async function killed(child: ChildProcess, looks: number, momentMs: number): Promise<number> {
  let [said, last] = [0, -1];
  if (child.stdout === null) throw new Error("no output");
  for await (const line of createInterface(child.stdout)) {
    [said, last] = [said + 1, Number(line)];
    if (said === looks) setTimeout(() => child.kill("SIGKILL"), momentMs);
  }
  return last;
}

describe("a history whose writer is killed", () => {
  it("opens each of 50 times and has every look that was safe, once", async () => {
    const { folder, lock } = await places();
    let next = 1;
    for (let time = 1; time <= 50; time += 1) {
      const child = spawn(process.execPath, [writer, folder, lock, String(next)], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const safe = await killed(child, 1 + ((time * 7) % 23), time % 4);
      const reader = await openHistoryReader(folder, () => 0);
      const number = await looksIn(reader);
      // One that was written and not told of may be there too.
      expect([safe, safe + 1]).toContain(number);
      const sum = (number * (number + 1)) / 2;
      const summed = await Promise.all((["raw", "minute", "hour"] as const).map((it) => bytesIn(reader, it)));
      expect(summed, `kill ${time}`).toEqual([sum, sum, sum]);
      await reader.close();
      next = number + 1;
    }
    expect(next).toBeGreaterThan(500);
  }, 180_000);

  async function bytesIn(reader: Awaited<ReturnType<typeof openHistoryReader>>, resolution: Resolution) {
    const { points } = await reader.points({ ...alice, since: 0, until: 1e12, resolution });
    return points.reduce((sum, point) => sum + point.bytesIn, 0);
  }

  async function looksIn(reader: Awaited<ReturnType<typeof openHistoryReader>>) {
    const { points } = await reader.points({ ...alice, since: 0, until: 1e12, resolution: "raw" });
    return points.length;
  }
});

describe("a history", () => {
  it("is written by one process at a time, which is named", async () => {
    const { folder, lock } = await places();
    const child = spawn(process.execPath, [writer, folder, lock, "1"], { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    await expect(openFor(folder, lock)).rejects.toMatchObject({
      kind: "conflict",
      message: expect.stringContaining(`"writing the history" (pid ${child.pid})`),
    });
    child.stdout.destroy();
    child.kill("SIGKILL");
    await once(child, "exit");
    const history = await openFor(folder, lock);
    expect(await history.counters()).toMatchObject({ number: expect.any(Number) });
  });

  it("is one file when it is closed, and its process ends then", async () => {
    const { folder, lock } = await places();
    const { stdout } = await execa(process.execPath, [writer, folder, lock, "1", "2"]);
    expect(stdout.split("\n")).toEqual(["1", "2", "closed"]);
    expect(await readdir(folder)).toEqual(["history.db"]);
  });

  it.each([
    ["where it begins", 1],
    ["where it is not looked at before it is needed", "hour"],
  ])("puts a file aside that is damaged %s, says so and goes on", async (_where, page) => {
    const { folder, lock } = await places();
    const file = join(folder, "history.db");
    const bytes = (bytesIn: number) => entryAt(1000, { increments: [userRow("alice", { bytesIn })] });
    const first = await openFor(folder, lock);
    await first.record(bytes(1));
    await first.close();
    await spoil(file, page);
    const warnings: string[] = [];
    const history = await openFor(folder, lock, warnings);
    const sums = async () => (await history.users(0, 1e9)).map(({ bytesIn }) => bytesIn);
    await history.record(bytes(2));
    const soon = await sums();
    await history.record(bytes(4));
    expect([soon, await sums()]).toEqual(page === 1 ? [[2], [6]] : [[], [4]]);
    const damaged = `${file}.damaged-`;
    expect(warnings).toEqual([expect.stringContaining(`the history was damaged: it is kept as ${damaged}`)]);
  });

  /** Overwrites a page of a file that nobody has open, or the first one of a table. */
  async function spoil(file: string, page: number | string): Promise<void> {
    const copy = join(await tempFolder(), "copy.db");
    await cp(file, copy);
    const db = await openSqlite(copy);
    const root = "SELECT rootpage FROM sqlite_schema WHERE name = ?";
    const number = typeof page === "number" ? page : (db.first<[number]>(root, page)?.[0] ?? 0);
    const bytes = await readFile(file);
    bytes.fill(0xff, (number - 1) * 4096, number * 4096);
    await writeFile(file, bytes);
  }

  it.runIf(isRoot)("goes on by itself when a full disk has room again", async () => {
    const disk = await mkdtemp(join(tmpdir(), "mtproxy-full-"));
    const mount = (...options: string[]) => spawnSync("mount", ["-t", "tmpfs", ...options, "tmpfs", disk]).status;
    expect(mount("-o", "size=400k")).toBe(0);
    onTestFinished(async () => {
      spawnSync("umount", ["-l", disk]);
      await rm(disk, { recursive: true, force: true });
    });
    const history = await openFor(join(disk, "history"), join(disk, "lock"));
    const names = Array.from({ length: 60 }, (_, index) => `user-${index}`);
    const record = (number: number) =>
      history.record(
        entryAt(number * 10_000, {
          increments: names.map((name) => userRow(name, { bytesIn: number })),
          counters: { number },
        }),
      );
    let safe = 0;
    const fault = await (async () => {
      for (; safe < 2000; safe += 1) await record(safe + 1);
    })().catch((error) => error);
    expect(fault).toMatchObject({ kind: "environment", message: expect.stringContaining("the disk is full") });
    expect(safe).toBeGreaterThan(10);
    await expect(record(safe + 1)).rejects.toMatchObject({ kind: "environment" });
    expect(await history.counters()).toEqual({ number: safe });
    expect(mount("-o", "remount,size=8m")).toBe(0);
    await record(safe + 1);
    const { points } = await history.points({ kind: "user", name: "user-7", since: 0, until: 1e9, resolution: "hour" });
    expect(points.reduce((sum, point) => sum + point.bytesIn, 0)).toBe(((safe + 1) * (safe + 2)) / 2);
  });
});

describe("what history needs of npm", () => {
  it("is there without a compiler and without a package's scripts, and is named when it is missing", async () => {
    const folder = await tempFolder();
    const tools = join(folder, "tools");
    await mkdir(tools);
    for (const tool of ["sh", "env"]) await symlink(await pathOf(tool), join(tools, tool));
    await symlink(process.execPath, join(tools, "node"));
    const inFolder = { cwd: folder, env: { PATH: tools, HOME: process.env.HOME ?? folder }, extendEnv: false };
    await writeFile(join(folder, "package.json"), JSON.stringify({ dependencies: { libsql: (await lock()).libsql } }));
    await writeFile(join(folder, "package-lock.json"), JSON.stringify((await lock()).text));
    const install = ["ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", "--silent"];
    await execa("node", [await pathOf("npm"), ...install], inFolder);
    await cp(join(checkout, "dist/history-worker.cjs"), join(folder, "dist/history-worker.cjs"));
    const ask = async () => JSON.parse((await execa("node", ["-e", askHistory("data/history.db")], inFolder)).stdout);
    expect(await ask()).toMatchObject(keptReplies);
    await rm(join(folder, "node_modules/@libsql"), { recursive: true });
    const [recorded] = (await ask()) as Reply[];
    expect(recorded).toMatchObject({
      error: {
        kind: "environment",
        message: expect.stringMatching(/^history cannot be kept: libsql does not load here/),
      },
    });
  });

  /** Of this project's lock file, libsql and what it stands on. */
  async function lock() {
    const whole = JSON.parse(await readFile(join(checkout, "package-lock.json"), "utf8")) as LockFile;
    const libsql = whole.packages[""]?.dependencies?.libsql ?? "";
    const isLibsqls = (path: string) => /^node_modules\/(libsql|@libsql|@neon-rs|detect-libc)(\/|$)/.test(path);
    const packages = Object.entries(whole.packages).filter(([path]) => isLibsqls(path));
    const root = { dependencies: { libsql } };
    return { libsql, text: { lockfileVersion: 3, packages: { "": root, ...Object.fromEntries(packages) } } };
  }
});

interface LockFile {
  readonly packages: Readonly<Record<string, { readonly dependencies?: Readonly<Record<string, string>> }>>;
}

async function pathOf(program: string): Promise<string> {
  const { stdout } = await execa("sh", ["-c", `readlink -f "$(command -v ${program})"`]);
  return stdout;
}
