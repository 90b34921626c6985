import { spawnSync } from "node:child_process";
import { readlinkSync } from "node:fs";
import { chmod, chown, lstat, mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { AppError } from "../../../src/domain/errors.ts";
import { createFiles } from "../../../src/host/files.ts";
import { isRoot } from "../../support/machine.mts";
import { withProgram } from "../../support/run-source.ts";
import { tempFolder } from "../../support/temp-home.ts";

const files = createFiles();

async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o7777;
}

/** Name of a temp file whose writer has this process id. */
function leftover(path: string, pid: number): string {
  const namespace = readlinkSync("/proc/self/ns/pid").replace(/\D/g, "");
  return join(dirname(path), `.${basename(path)}.${namespace}-${pid}-abc.ftmp`);
}

function deadPid(): number {
  return spawnSync("true").pid;
}

/** A file system of a few kilobytes, mounted for the test. */
async function smallDisk(kilobytes: number, options = ""): Promise<string> {
  const folder = await tempFolder();
  const mount = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${kilobytes}k${options}`, "tmpfs", folder], {
    encoding: "utf8",
  });
  if (mount.status !== 0) throw new Error(mount.stderr);
  onTestFinished(() => void spawnSync("umount", ["-l", folder]));
  return folder;
}

async function refusal(work: Promise<unknown>): Promise<AppError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof AppError)) throw new Error(`no AppError: ${String(error)}`);
  return error;
}

describe("reading", () => {
  test("gives undefined for what is not there and bytes for what is", async () => {
    const folder = await tempFolder();
    expect(await files.read(join(folder, "none"))).toBeUndefined();
    await writeFile(join(folder, "some"), "\uFEFFtext ä");
    expect(await files.readText(join(folder, "some"))).toBe("\uFEFFtext ä");
    expect(await files.stat(join(folder, "none"))).toBeUndefined();
    expect(await files.list(join(folder, "none"))).toEqual([]);
    await files.remove(join(folder, "none"));
    await files.removeFolder(join(folder, "none"));
  });

  test("names the path where a part of it is a file", async () => {
    const folder = await tempFolder();
    await writeFile(join(folder, "file"), "");
    const path = join(folder, "file", "below");
    const works = [
      () => files.read(path),
      () => files.write(path, "x"),
      () => files.list(path),
      () => files.stat(path),
    ];
    for (const work of works) {
      const error = await refusal(work());
      expect(error.kind).toBe("environment");
      expect(error.message).toContain(path);
      expect(error.hint).toContain("move it away");
    }
    expect((await refusal(files.read(folder))).message).toContain("it is a folder");
  });
});

describe("writing", () => {
  test("makes missing folders 0700 and a new file 0600, whatever the umask", async () => {
    const path = join(await tempFolder(), "a", "b", "file");
    const umask = process.umask(0);
    onTestFinished(() => void process.umask(umask));
    await files.write(path, "new");
    expect(await readFile(path, "utf8")).toBe("new");
    expect(await modeOf(path)).toBe(0o600);
    expect(await modeOf(dirname(path))).toBe(0o700);
    expect(await modeOf(dirname(dirname(path)))).toBe(0o700);
  });

  test("fails at once where the system makes no folders", async () => {
    expect((await refusal(files.write("/proc/nothere/below/file", "x"))).message).toContain("/proc/nothere");
  });

  test("keeps the mode of an existing file unless the exact mode is asked for", async () => {
    const path = join(await tempFolder(), "file");
    await writeFile(path, "old");
    await chmod(path, 0o640);
    await files.write(path, "new", { mode: 0o600 });
    expect(await modeOf(path)).toBe(0o640);
    await files.write(path, new Uint8Array([1, 2]), { mode: 0o604, exactMode: true });
    expect(await modeOf(path)).toBe(0o604);
    expect([...(await readFile(path))]).toEqual([1, 2]);
  });

  test.runIf(isRoot)("keeps the owner of an existing file and gives a new one to whom it is told", async () => {
    const folder = await tempFolder();
    await writeFile(join(folder, "theirs"), "old");
    await chown(join(folder, "theirs"), 12345, 23456);
    await files.write(join(folder, "theirs"), "new");
    await files.write(join(folder, "given"), "new", { owner: { uid: 34567, gid: 45678 } });
    await files.writeInPlace(join(folder, "theirs"), "newer");
    expect(await files.stat(join(folder, "theirs"))).toEqual({ mode: 0o644, uid: 12345, gid: 23456, size: 5 });
    expect(await files.stat(join(folder, "given"))).toEqual({ mode: 0o600, uid: 34567, gid: 45678, size: 3 });
  });

  test("goes through symbolic links, a dangling one included, and leaves them links", async () => {
    const folder = await tempFolder();
    await mkdir(join(folder, "real"));
    await symlink("real/file", join(folder, "link"));
    for (const text of ["first", "second"]) {
      await files.write(join(folder, "link"), text);
      expect(await readFile(join(folder, "real", "file"), "utf8")).toBe(text);
    }
    expect((await lstat(join(folder, "link"))).isSymbolicLink()).toBe(true);
    await symlink("circle", join(folder, "circle"));
    expect((await refusal(files.write(join(folder, "circle"), ""))).message).toContain("symbolic links");
  });

  test("removes what crashed writers left, keeps what living ones write, and lists neither", async () => {
    const path = join(await tempFolder(), "users.json");
    const [dead, living, old] = [leftover(path, deadPid()), leftover(path, process.ppid), leftover(path, 1)];
    for (const name of [dead, living, old]) await writeFile(name, "half");
    await utimes(old, 0, 0);
    await writeFile(path, "old");
    expect(await files.list(dirname(path))).toEqual(["users.json"]);
    await createFiles().write(path, "new");
    expect((await readdir(dirname(path))).sort()).toEqual([basename(living), "users.json"].sort());
  });

  test.runIf(isRoot)("leaves the old file and nothing else when the disk is full", async () => {
    const path = join(await smallDisk(64), "file");
    await writeFile(path, "x".repeat(20_000));
    const text = "y".repeat(60_000);
    for (const work of [() => files.write(path, text), () => files.writeInPlace(path, text)]) {
      const error = await refusal(work());
      expect(error.kind).toBe("environment");
      expect(error.message).toBe(`cannot write ${path}: the disk is full`);
      expect(error.hint).toContain("df -h");
    }
    expect(await readFile(path, "utf8")).toBe("x".repeat(20_000));
    expect(await readdir(dirname(path))).toEqual(["file"]);
  });

  test.runIf(isRoot)("says that a file system is read-only", async () => {
    const path = join(await smallDisk(64, ",ro"), "file");
    const error = await refusal(files.write(path, "new"));
    expect([error.kind, error.message]).toEqual(["environment", `cannot write ${path}: the file system is read-only`]);
  });

  test.runIf(isRoot)("says that permission is denied, and touches nothing", async () => {
    const path = join(await tempFolder(), "file");
    await writeFile(path, "old");
    const source = `import { createFiles } from "./src/host/files.ts";
      for (const write of ["write", "writeInPlace"]) createFiles()[write](process.argv[2], "new").catch((error) => console.log(error.kind, error.message, error.hint));`;
    await withProgram(source, async (file) => {
      await chmod(dirname(file), 0o755);
      await chmod(dirname(path), 0o755);
      const { stdout } = spawnSync("setpriv", ["--reuid=65534", "--clear-groups", process.execPath, file, path], {
        encoding: "utf8",
      });
      expect(stdout.trim().split("\n")).toHaveLength(2);
      expect(stdout).toContain(`environment cannot write ${path}: permission denied run the command as root`);
    });
    expect(await readFile(path, "utf8")).toBe("old");
  });
});
