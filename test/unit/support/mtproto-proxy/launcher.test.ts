import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { launcherScript } from "../../../support/mtproto-proxy/launcher.ts";

const printed = `console.log(JSON.stringify([process.argv.slice(2), process.env.STANDIN_BUILD, process.env.STANDIN_PROGRAM,
  process.env.STANDIN_NOFILE]))`;

test("starts the program from any path with the same words, and tells it what node would hide", () => {
  const folder = mkdtempSync(join(tmpdir(), "it's a launcher "));
  try {
    const [script, launcher] = [join(folder, "pro gram.cjs"), join(folder, "mtproto-proxy")];
    writeFileSync(script, printed);
    writeFileSync(launcher, launcherScript({ node: [process.execPath], script, build: "official-2019" }));
    chmodSync(launcher, 0o755);
    const words = ["-S", "", "a b", "$HOME", "'\""];
    const env = { ...process.env, STANDIN_BUILD: "" };
    const start = (command: string, args: string[]) =>
      JSON.parse(execFileSync(command, args, { env, encoding: "utf8" }));
    expect(start(launcher, words)).toEqual([
      words,
      "official-2019",
      launcher,
      expect.stringMatching(/^\d+|unlimited$/),
    ]);
    const limited = start("/bin/sh", ["-c", `ulimit -Sn 77; exec "$@"`, "sh", launcher]);
    expect(limited.at(-1)).toBe("77");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
