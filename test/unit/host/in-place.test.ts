import { createHash } from "node:crypto";
import { chmod, link, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { createFiles } from "../../../src/host/files.ts";
import { tempFolder } from "../../support/temp-home.ts";

const files = createFiles();

async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o7777;
}

describe("writing in place", () => {
  test("keeps inode, mode and links, and leaves no copy", async () => {
    const path = join(await tempFolder(), "users.json");
    await writeFile(path, "a long old text");
    await chmod(path, 0o644);
    await link(path, `${path}.link`);
    const { ino } = await stat(path);
    await files.writeInPlace(path, "new");
    expect(await readFile(`${path}.link`, "utf8")).toBe("new");
    expect((await stat(path)).ino).toBe(ino);
    expect(await modeOf(path)).toBe(0o644);
    expect((await readdir(dirname(path))).sort()).toEqual(["users.json", "users.json.link"]);
    expect(await files.recoverInPlace(path)).toBe(false);
  });

  test("makes a file that is not there", async () => {
    const path = join(await tempFolder(), "below", "file");
    await files.writeInPlace(path, "new");
    expect(await readFile(path, "utf8")).toBe("new");
    expect(await modeOf(path)).toBe(0o600);
  });
});

describe("recovering an in-place write", () => {
  /** What a crash leaves: a copy of the intended contents, named after the digest of the old ones. */
  async function crashed(old: string, intended: string, current: string | undefined): Promise<string> {
    const path = join(await tempFolder(), "users.json");
    const digest = createHash("sha256").update(old).digest("hex").slice(0, 16);
    await writeFile(join(dirname(path), `.users.json.${digest}.in-place`), intended, { mode: 0o600 });
    if (current !== undefined) await writeFile(path, current);
    return path;
  }

  test.each([
    ["nothing was written yet", "old", "old"],
    ["the file was emptied", "", "intended"],
    ["half was written", "inten", "intended"],
    ["a power cut lost a block", "in\0\0\0", "intended"],
    ["everything was written", "intended", "intended"],
    ["the file is gone", undefined, "intended"],
  ])("when %s", async (_, current, expected) => {
    const path = await crashed("old", "intended", current);
    expect(await files.list(dirname(path))).toEqual(current === undefined ? [] : ["users.json"]);
    expect(await files.recoverInPlace(path)).toBe(true);
    expect(await readFile(path, "utf8")).toBe(expected);
    expect(await readdir(dirname(path))).toEqual(["users.json"]);
    expect(await files.recoverInPlace(path)).toBe(false);
  });

  test("lets stand what somebody wrote since, and keeps the copy beside it", async () => {
    const path = await crashed("old", "intended", "somebody's");
    expect(await files.recoverInPlace(path)).toBe(true);
    expect(await readFile(path, "utf8")).toBe("somebody's");
    const [aside = ""] = (await readdir(dirname(path))).filter((name) => name !== "users.json");
    expect(aside).toMatch(/^users\.json\.cut-off-/);
    expect(await readFile(join(dirname(path), aside), "utf8")).toBe("intended");
    expect(await modeOf(join(dirname(path), aside))).toBe(0o600);
  });

  test("leaves the copies of files with longer names alone", async () => {
    const path = await crashed("old", "intended", "old");
    expect(await files.recoverInPlace(join(dirname(path), "users"))).toBe(false);
    expect(await readdir(dirname(path))).toHaveLength(2);
  });
});
