import { utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Kept } from "../../../src/app/kept.ts";
import { createFiles } from "../../../src/host/files.ts";
import { tempFolder } from "../../support/temp-home.ts";

/** A file, how often it was read, and marks as if time passed. */
async function scene() {
  const path = join(await tempFolder(), "file");
  const files = createFiles();
  let reads = 0;
  /** Files are too new for a mark as long as a test runs. */
  const old = { ...files, mark: async () => marks.shift() };
  const marks: (string | undefined)[] = [];
  const kept = new Kept({ files: old }, path, async () => {
    reads += 1;
    const text = await files.readText(path);
    if (text === undefined) throw new Error("nothing there");
    return text;
  });
  return { path, files, kept, marks, reads: () => reads };
}

test("a file is read again when its mark is another one, and as long as it has none", async () => {
  const { path, kept, marks, reads } = await scene();
  await writeFile(path, "one");
  marks.push(undefined, undefined, "1", "1", "1");
  for (let time = 0; time < 5; time += 1) expect(await kept.get()).toBe("one");
  expect(reads()).toBe(3);
  await writeFile(path, "two");
  marks.push("2", "2");
  expect([await kept.get(), await kept.get(), reads()]).toEqual(["two", "two", 4]);
});

test("what could not be read is not kept, nor what was there before", async () => {
  const { path, kept, marks } = await scene();
  marks.push("1", "1", "1");
  await expect(kept.get()).rejects.toThrow("nothing there");
  await writeFile(path, "one");
  expect([await kept.get(), await kept.get()]).toEqual(["one", "one"]);
});

test("a file has no mark while it is new, whatever times somebody gave it, and none where it is missing", async () => {
  const { path, files } = await scene();
  expect(await files.mark(path)).toBeUndefined();
  await writeFile(path, "one");
  await utimes(path, 1, 1);
  expect(await files.mark(path)).toBeUndefined();
  const [program, again] = [await files.mark(process.execPath), await files.mark(process.execPath)];
  expect([program, again]).toEqual([expect.stringMatching(/^\d+( \d+){4}$/), program]);
});
