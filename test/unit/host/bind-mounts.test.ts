import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createFiles } from "../../../src/host/files.ts";
import { isRoot } from "../../support/machine.mts";
import { tempFolder } from "../../support/temp-home.ts";

const files = createFiles();

describe("a file that a container has mounted", () => {
  test.runIf(isRoot)("is recognised in another mount namespace, whatever its name there", async () => {
    const folder = await tempFolder();
    const [path, other] = [join(folder, "users ä.json"), join(folder, "other", "users ä.json")];
    await mkdir(dirname(other));
    await writeFile(path, "{}");
    await writeFile(other, "{}");
    await writeFile(join(folder, "inside it"), "");
    const container = spawn(
      "unshare",
      ["-m", "sh", "-c", 'mount --bind "$0" "$1" && echo ready && exec sleep 60', path, join(folder, "inside it")],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    onTestFinished(() => void container.kill());
    await once(container.stdout, "data");
    expect(await files.isBindMounted(path)).toBe(true);
    expect(await files.isBindMounted(other)).toBe(false);
    expect(await files.isBindMounted(join(folder, "none"))).toBe(false);
    container.kill();
    await once(container, "exit");
    await vi.waitFor(async () => expect(await files.isBindMounted(path)).toBe(false));
  });
});
