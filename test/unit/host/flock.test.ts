import { chmod, open, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { flock } from "../../../src/host/flock.ts";
import { tempFolder } from "../../support/temp-home.ts";

/** A program of that name in front of the real one, which does `first` as often as there are lines in its file. */
async function putBefore(times: number): Promise<string> {
  const folder = await tempFolder();
  const count = join(folder, "count");
  await writeFile(count, "x\n".repeat(times));
  const script = `[ -s ${count} ] && sed -i 1d ${count} && kill -HUP $$\nPATH=\${PATH#*:} exec flock "$@"\n`;
  await writeFile(join(folder, "flock"), `#!/bin/sh\n${script}`);
  await chmod(join(folder, "flock"), 0o755);
  const before = process.env.PATH;
  process.env.PATH = `${folder}${delimiter}${before}`;
  onTestFinished(() => {
    process.env.PATH = before;
  });
  return folder;
}

test("a signal that ends the program as it starts costs nothing, one that always does is told", async () => {
  const folder = await putBefore(2);
  const file = await open(join(folder, "lock"), "w");
  onTestFinished(() => file.close());
  expect(await flock(file.fd, 1000)).toBe(true);
  await writeFile(join(folder, "count"), "x\n".repeat(9));
  await expect(flock(file.fd, 1000)).rejects.toMatchObject({ kind: "environment", message: "flock failed: SIGHUP" });
});
