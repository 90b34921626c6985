import { readdir } from "node:fs/promises";
import { resolve } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { tempFolder } from "../support/temp-home.ts";

const demo = resolve(import.meta.dirname, "../../build/demo.cjs");

/** The demo with a folder of its own for whatever it makes. */
async function run(...args: string[]): Promise<{ folder: string; output: string }> {
  const folder = await tempFolder();
  const { all } = await execa(process.execPath, [demo, ...args], { all: true, env: { TMPDIR: folder } });
  return { folder, output: all };
}

test("the demo proves a padded and a fake-TLS link and leaves nothing behind", async () => {
  const { folder, output } = await run();
  expect(output).toMatch(/Telegram is reachable from here|There is no way out to Telegram/);
  for (const start of ["dd", "ee"]) {
    expect(output).toMatch(new RegExp(`tg://proxy\\?server=127\\.0\\.0\\.1&port=\\d+&secret=${start}[0-9a-f]{32}`));
  }
  expect(output).toContain("2 of 2 links work");
  expect(output).toContain("MTProxy Status:");
  expect(await readdir(folder)).toEqual([]);
});

test("the demo that is kept says how to end it", async () => {
  const { folder, output } = await run("--keep");
  const [, stop = "", remove = "", kill = "true"] =
    /To end it: mtproxy (stop --home \S+) && (rm -r [^\s;]+)(?:; (kill \d+))?/.exec(output) ?? [];
  const mtproxy = resolve(import.meta.dirname, "../../bin/familytraffic-mtproxy");
  const status = await execa(process.execPath, [mtproxy, ...stop.replace(/^stop/, "status").split(" ")]);
  expect(status.stdout).toContain("(running)");
  await execa(process.execPath, [mtproxy, ...stop.split(" ")]);
  await execa("sh", ["-c", `${kill} && ${remove}`]);
  expect(await readdir(folder)).toEqual([]);
});
