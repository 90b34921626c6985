import { chmod, stat, writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { cliHome } from "../support/cli-home.ts";

it("mends a rendered file that others can read, and one that somebody changed", async () => {
  const { mtproxy, add, path } = await cliHome();
  const { link } = await add("alice");
  const rendered = path("mtproxy/trial.json");
  await chmod(rendered, 0o644);
  expect((await mtproxy("apply")).code).toBe(0);
  expect((await stat(rendered)).mode & 0o777).toBe(0o600);
  await writeFile(rendered, "{}");
  expect((await mtproxy("apply")).code).toBe(0);
  expect((await mtproxy("restart")).code).toBe(0);
  expect((await mtproxy("verify", link)).code).toBe(0);
});
