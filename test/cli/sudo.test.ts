import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runCli } from "../support/cli.ts";
import { isRoot } from "../support/machine.mts";
import { tempFolder } from "../support/temp-home.ts";

/** A user in a namespace of their own, who is not root there either and may write nothing of the machine's. */
const somebody = isRoot ? ["unshare", "--user", "--map-user=65534", "--map-group=65534"] : [];

test("what takes root names the line with sudo, for people and for programs, and changes nothing", async () => {
  const home = join(await tempFolder(), "home");
  await mkdir(home);
  const words = ["setup", "--no-start", "--public-host", "127.0.0.1", "--users-lock", `${home}.lock`, "--logrotate"];
  const { code, stderr } = await runCli(words, { home, within: somebody });
  expect([code, stderr]).toEqual([
    6,
    expect.stringContaining("only root may change what the machine has for logrotate"),
  ]);
  expect(stderr).toContain(`  sudo mtproxy ${words.join(" ")}\n`);
  const { json } = await runCli([...words, "--json"], { home, within: somebody });
  expect(json.error?.hint).toBe(`sudo mtproxy ${words.join(" ")} --json`);

  const shut = await tempFolder();
  await chmod(shut, 0o555);
  const refused = await runCli(words.slice(0, 4), { home: join(shut, "home"), within: somebody });
  expect(refused.code).toBe(6);
  expect(refused.stderr).toContain(
    `  sudo mtproxy ${words.slice(0, 4).join(" ")} or as the owner of the folder; --home DIR takes another home\n`,
  );
});
