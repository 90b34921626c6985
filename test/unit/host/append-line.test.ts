import { execFile } from "node:child_process";
import { readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { AppError } from "../../../src/domain/errors.ts";
import { createFiles } from "../../../src/host/files.ts";
import { tempFolder } from "../../support/temp-home.ts";

const run = promisify(execFile);
const files = createFiles();
const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

test("lines of many writers at once are whole, in a new file for its owner alone", async () => {
  const path = join(await tempFolder(), "logs/audit.log");
  const lines = Array.from({ length: 40 }, (_, index) => `${index}:${"x".repeat(5000)}`);
  await Promise.all(lines.map((line) => files.append(path, line)));
  expect((await readFile(path, "utf8")).split("\n").sort()).toEqual(["", ...lines.toSorted()]);
  expect([await modeOf(path), await modeOf(join(path, ".."))]).toEqual([0o600, 0o700]);
});

test("a line that a crash cut off spoils no other", async () => {
  const path = join(await tempFolder(), "audit.log");
  await writeFile(path, '{"cut');
  await files.append(path, "whole");
  expect(await readFile(path, "utf8")).toBe('{"cut\nwhole\n');
});

test("a file that may only grow (chattr +a) is appended to", async () => {
  const path = join(await tempFolder(), "audit.log");
  await files.append(path, "first");
  const isGuarded = await run("chattr", ["+a", path]).then(
    () => true,
    () => false,
  );
  await files.append(path, "second");
  if (isGuarded) {
    await expect(writeFile(path, "gone")).rejects.toThrow("EPERM");
    await run("chattr", ["-a", path]);
  }
  expect(await readFile(path, "utf8")).toBe("first\nsecond\n");
});

test("a log that has grown is put aside, the oldest of those go, and no line is lost between two writers", async () => {
  const folder = await tempFolder();
  const path = join(folder, "audit.log");
  await writeFile(join(folder, "audit.log-20200101T000000000Z-0a1b2c"), "old\n");
  await writeFile(join(folder, "audit.log-20200101"), "of logrotate\n");
  const lines = Array.from({ length: 30 }, (_, index) => `line ${index}`);
  for (const line of lines.slice(0, 20)) await files.append(path, line, { bytes: 20, kept: 99 });
  await Promise.all(lines.slice(20).map((line) => files.append(path, line, { bytes: 20, kept: 99 })));
  const texts = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), "utf8")));
  const written = texts.flatMap((text) => text.split("\n")).filter((line) => line.startsWith("line"));
  expect([written.sort(), texts.length > 5]).toEqual([lines.sort(), true]);
  for (let count = 1; count <= 3; count++) await files.append(path, "x".repeat(40), { bytes: 20, kept: 2 });
  const aside = (await readdir(folder)).filter((name) => /T\d+Z-\w+$/.test(name));
  expect([aside.length, aside.includes("audit.log-20200101T000000000Z-0a1b2c")]).toEqual([2, false]);
  expect(await readdir(folder)).toContain("audit.log-20200101");
  await symlink(path, join(folder, "linked.log"));
  for (let count = 1; count <= 3; count++)
    await files.append(join(folder, "linked.log"), "x".repeat(40), { bytes: 20, kept: 2 });
  expect((await readdir(folder)).filter((name) => name.startsWith("linked"))).toEqual(["linked.log"]);
});

test("what cannot be written says where and why", async () => {
  const error = await files.append("/proc/no/such.log", "line").catch((it: unknown) => it);
  expect(error).toBeInstanceOf(AppError);
  expect(String(error)).toContain("/proc/no/such.log");
});
