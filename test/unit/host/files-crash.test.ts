import { chmod, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { createFiles } from "../../../src/host/files.ts";
import { killAtEach } from "../../support/crash.ts";
import { canRun } from "../../support/machine.mts";
import { withProgram } from "../../support/run-source.ts";
import { tempFolder } from "../../support/temp-home.ts";

async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o7777;
}

describe.runIf(canRun("strace"))("a crash at any instant", { timeout: 180_000 }, () => {
  const source = `import { createFiles } from "./src/host/files.ts";
    const [, , method, path, content] = process.argv;
    createFiles()[method](path, content);`;
  const old = "old ".repeat(50_000);
  const intended = "new! ".repeat(20_000);

  test.each(["write", "writeInPlace"])("of %s leaves old or new contents", async (method) => {
    const path = join(await tempFolder(), "file");
    const restart = async () => {
      await writeFile(path, old);
      await chmod(path, 0o640);
    };
    const seen = new Set<string>();
    const look = async () => {
      for (const name of await readdir(dirname(path))) {
        // Nobody may read at any time what the final file does not show.
        if (name !== "file") expect((await modeOf(join(dirname(path), name))) & 0o037).toBe(0);
      }
      await createFiles().recoverInPlace(path);
      const now = await readFile(path, "utf8");
      expect([old, intended]).toContain(now);
      seen.add(now);
      await createFiles().write(path, old);
      expect(await readdir(dirname(path))).toEqual(["file"]);
      expect(await modeOf(path)).toBe(0o640);
    };
    await withProgram(source, async (program) => {
      const command = [process.execPath, program, method, path, intended];
      const calls = {
        write: ["rename", "fsync", "write", "fchmod"],
        writeInPlace: ["rename", "fsync", "ftruncate", "pwrite64", "unlink", "write"],
      };
      for (const call of calls[method as keyof typeof calls]) {
        const killed = await killAtEach(call, command, { before: restart, after: look });
        expect(killed, call).toBeGreaterThan(0);
        expect(await readFile(path, "utf8")).toBe(intended);
      }
    });
    expect(seen).toEqual(new Set([old, intended]));
  });
});
