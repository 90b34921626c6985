import { execFileSync, spawn, spawnSync } from "node:child_process";
import { chmod, mkdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { AppError } from "../../../src/domain/errors.ts";
import { createLocks } from "../../../src/host/locks.ts";
import { isRoot } from "../../support/machine.mts";
import { watch, withProgram } from "../../support/run-source.ts";
import { tempFolder } from "../../support/temp-home.ts";

const locks = createLocks();
const holding = (milliseconds: number) => () => sleep(milliseconds);

async function refusal(work: Promise<unknown>): Promise<AppError> {
  const error = await work.catch((reason: unknown) => reason);
  if (!(error instanceof AppError)) throw new Error(`no AppError: ${String(error)}`);
  return error;
}

/** A shell that holds the lock as the scripts of the VLESS stack do. */
async function shellHolding(path: string): Promise<ReturnType<typeof spawn>> {
  const shell = spawn("sh", ["-c", 'exec 9>"$0" && flock -x 9 && echo held && read line', path], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void shell.kill("SIGKILL"));
  await new Promise((held) => shell.stdout?.once("data", held));
  return shell;
}

describe("a lock", () => {
  test("lets one work run at a time and gives back what it returns or throws", async () => {
    const path = join(await tempFolder(), "run", "state.lock");
    let running = 0;
    const work = async (): Promise<number> => {
      expect(++running).toBe(1);
      await sleep(5);
      return running--;
    };
    expect(await Promise.all(Array.from({ length: 10 }, () => locks.withLock(path, work)))).toEqual(Array(10).fill(1));
    await expect(locks.withLock(path, () => Promise.reject(new Error("of the work")))).rejects.toThrow("of the work");
    expect(await locks.withLock(path, async () => "free again", { waitMs: 0 })).toBe("free again");
  });

  test("loses no count of many processes, a shell among them", { timeout: 60_000 }, async () => {
    const folder = await tempFolder();
    const [lock, counter] = [join(folder, "state.lock"), join(folder, "counter")];
    await writeFile(counter, "0");
    const source = `import { readFileSync, writeFileSync } from "node:fs";
      import { createLocks } from "./src/host/locks.ts";
      const [, , lock, counter] = process.argv;
      const count = async () => writeFileSync(counter, String(Number(readFileSync(counter, "utf8")) + 1));
      const run = async () => { const locks = createLocks(); for (let i = 0; i < 25; i++) await locks.withLock(lock, count, { holder: false }); };
      run();`;
    const shell = 'for i in $(seq 25); do ( flock -x 9; n=$(cat "$1"); echo $((n + 1)) > "$1" ) 9>>"$0"; done';
    await withProgram(source, async (program) => {
      const runs = [
        watch(process.execPath, [program, lock, counter]),
        watch(process.execPath, [program, lock, counter]),
        watch("sh", ["-c", shell, lock, counter]),
      ];
      expect(await Promise.all(runs.map(({ ended }) => ended))).toEqual([0, 0, 0]);
    });
    expect((await readFile(counter, "utf8")).trim()).toBe("75");
  });

  test("names its holder in a file of mode 0600 while it is held", async () => {
    const path = join(await tempFolder(), "run", "state.lock");
    await locks.withLock(
      path,
      async () => {
        const holder = JSON.parse(await readFile(path, "utf8"));
        expect(holder).toEqual({ pid: process.pid, purpose: "adding alice", since: expect.stringMatching(/^20.*Z$/) });
      },
      { purpose: "adding alice" },
    );
    expect(await readFile(path, "utf8")).toBe("");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(path, ".."))).mode & 0o777).toBe(0o700);
  });

  test("falls with kill -9 of its holder", async () => {
    const path = join(await tempFolder(), "state.lock");
    const source = `import { createLocks } from "./src/host/locks.ts";
      createLocks().withLock(process.argv[2], async () => { console.log("held"); await new Promise((done) => setTimeout(done, 60000)); }, { purpose: "hanging" });`;
    await withProgram(source, async (program) => {
      const holder = watch(process.execPath, [program, path]);
      await holder.until("held");
      expect((await refusal(locks.withLock(path, async () => {}, { waitMs: 0 }))).message).toContain('"hanging"');
      holder.child.kill("SIGKILL");
      await holder.ended;
    });
    expect(await locks.withLock(path, async () => "mine", { waitMs: 0 })).toBe("mine");
  });

  test("is not kept by programs that its holder starts", async () => {
    const path = join(await tempFolder(), "state.lock");
    const child = await locks.withLock(path, async () => spawn("sleep", ["60"]));
    onTestFinished(() => void child.kill());
    expect(await locks.withLock(path, async () => "free", { waitMs: 0 })).toBe("free");
  });
});

describe("waiting for a lock", () => {
  test("ends with a conflict that names holder, process and the way out", async () => {
    const path = join(await tempFolder(), "state.lock");
    const holder = locks.withLock(path, holding(900), { purpose: "adding bob" });
    await vi.waitFor(async () => expect(await readFile(path, "utf8")).toContain("bob"));
    const begun = performance.now();
    const error = await refusal(locks.withLock(path, async () => {}, { waitMs: 300 }));
    expect(performance.now() - begun).toBeGreaterThan(280);
    expect(error.kind).toBe("conflict");
    expect(error.message).toMatch(`"adding bob" (pid ${process.pid}) holds ${path} since 20`);
    expect(error.hint).toContain(`kill ${process.pid}`);
    await holder;
  });

  test("starts anew whenever the holder changes", async () => {
    const path = join(await tempFolder(), "state.lock");
    const begun = performance.now();
    // Each stays for less than the patience of those behind it, all together for far more.
    const queue = Array.from({ length: 5 }, (_, index) =>
      locks.withLock(path, holding(500), { purpose: `work ${index}`, waitMs: 1200 }),
    );
    await Promise.all(queue);
    expect(performance.now() - begun).toBeGreaterThan(2400);
  });

  test("names who has the lock of somebody else open, and ends when that process does", async () => {
    const path = join(await tempFolder(), "users.lock");
    const shell = await shellHolding(path);
    const error = await refusal(locks.withLock(path, async () => {}, { waitMs: 100, holder: false }));
    expect(error.kind).toBe("conflict");
    expect(error.message).toContain(`sh (pid ${shell.pid}) holds the lock ${path}`);
    setTimeout(() => shell.kill("SIGKILL"), 300);
    expect(await locks.withLock(path, async () => "mine", { waitMs: 10_000, holder: false })).toBe("mine");
  });

  test("does not end in a lock file that was removed meanwhile", async () => {
    const path = join(await tempFolder(), "users.lock");
    const shell = await shellHolding(path);
    const waiting = locks.withLock(
      path,
      async () => await refusal(createLocks().withLock(path, async () => {}, { waitMs: 0 })),
      { waitMs: 10_000 },
    );
    await sleep(200);
    await rm(path);
    shell.kill("SIGKILL");
    // Whoever comes now finds the new file locked.
    expect((await waiting).kind).toBe("conflict");
  });
});

describe("the lock of the VLESS stack", () => {
  test("keeps mode and contents when it is there, and is made as a shell would when not", async () => {
    const folder = await tempFolder();
    const [theirs, fresh] = [join(folder, "theirs.lock"), join(folder, "fresh.lock")];
    await writeFile(theirs, "theirs");
    await chmod(theirs, 0o444);
    await locks.withLock(theirs, async () => {}, { holder: false });
    expect(await readFile(theirs, "utf8")).toBe("theirs");
    expect((await stat(theirs)).mode & 0o777).toBe(0o444);
    const umask = process.umask(0o022);
    onTestFinished(() => void process.umask(umask));
    await locks.withLock(fresh, async () => {}, { holder: false });
    expect((await stat(fresh)).mode & 0o777).toBe(0o644);
  });

  test.runIf(isRoot)("is opened in a sticky folder although it belongs to somebody else", async () => {
    const folder = join(await tempFolder(), "lock");
    await mkdir(folder);
    await chmod(folder, 0o1777);
    const path = join(folder, "users.lock");
    await writeFile(path, "");
    spawnSync("chown", ["65534", path]);
    expect(await locks.withLock(path, async () => "mine", { holder: false })).toBe("mine");
  });
});

describe("work that holds a lock", () => {
  test("may ask for it again, and gives it back only at its own end", async () => {
    const path = join(await tempFolder(), "state.lock");
    await locks.withLock(path, async () => {
      expect(await locks.withLock(`${path}/../state.lock`, async () => "inner", { waitMs: 0 })).toBe("inner");
      expect((await refusal(createLocks().withLock(path, async () => {}, { waitMs: 0 }))).kind).toBe("conflict");
    });
    expect(await locks.withLock(path, async () => "free", { waitMs: 0 })).toBe("free");
  });

  test("no longer holds it for what it left running", async () => {
    const path = join(await tempFolder(), "state.lock");
    let late: Promise<unknown> = Promise.resolve();
    await locks.withLock(path, async () => {
      late = sleep(100).then(() => locks.withLock(path, async () => {}, { waitMs: 0 }));
      late.catch(() => {});
    });
    await locks.withLock(path, async () => {
      expect((await refusal(late)).kind).toBe("conflict");
    });
  });
});

test("a host without flock is told which package has it", async () => {
  const path = join(await tempFolder(), "state.lock");
  vi.stubEnv("PATH", "/nonexistent");
  onTestFinished(() => void vi.unstubAllEnvs());
  const error = await refusal(locks.withLock(path, async () => {}));
  expect(error.kind).toBe("environment");
  expect(`${error.message} ${error.hint}`).toMatch(/flock is missing.*util-linux/);
});

test("a lock where no file can be is an error of the environment", async () => {
  const folder = await tempFolder();
  await writeFile(join(folder, "file"), "");
  const error = await refusal(locks.withLock(join(folder, "file", "lock"), async () => {}));
  expect([error.kind, error.message]).toEqual(["environment", expect.stringContaining("cannot lock")]);
});

test.each([
  ["is missing", async () => {}],
  ["is a link to one that is", (folder: string) => symlink("run/lock", join(folder, "lock"))],
])("a lock of others whose folder %s tells how to make it and how to take another lock", async (_, prepare) => {
  const folder = await tempFolder();
  await prepare(folder);
  const lock = () => locks.withLock(join(folder, "lock", "users.lock"), async () => "done", { holder: false });
  const { kind, message, hint = "" } = await refusal(lock());
  expect([kind, message]).toEqual([
    "environment",
    expect.stringMatching(/^cannot lock .*users\.lock: there is no folder/),
  ]);
  expect(hint).toContain("mtproxy setup --users-lock PATH");
  execFileSync("sh", ["-c", /^mkdir -p [^,]+/.exec(hint)?.[0] ?? "false"]);
  expect(await lock()).toBe("done");
});

test("a lock is held by whoever wrote so and lives, and by nobody once that process has ended", async () => {
  const path = join(await tempFolder(), "daemon.lock");
  expect(await locks.holderOf(path)).toBeUndefined();
  await locks.withLock(path, async () => expect(await locks.holderOf(path)).toBe(process.pid));
  expect(await locks.holderOf(path)).toBeUndefined();
  // A child that nobody waits for: it has ended, and is still in the list of processes.
  const parent = spawn("sh", ["-c", "sleep 0.2 & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void parent.kill("SIGKILL"));
  const pid = await new Promise<number>((said) => parent.stdout.once("data", (text) => said(Number(text))));
  await vi.waitUntil(async () => / Z /.test(await readFile(`/proc/${pid}/stat`, "utf8")));
  await writeFile(path, JSON.stringify({ pid, purpose: "mtproxy daemon", since: new Date().toISOString() }));
  expect(await locks.holderOf(path)).toBeUndefined();
});
