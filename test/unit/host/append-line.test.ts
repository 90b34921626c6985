import { execFile } from "node:child_process";
import { readFile, stat, writeFile } from "node:fs/promises";
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

test("what cannot be written says where and why", async () => {
  const error = await files.append("/proc/no/such.log", "line").catch((it: unknown) => it);
  expect(error).toBeInstanceOf(AppError);
  expect(String(error)).toContain("/proc/no/such.log");
});
