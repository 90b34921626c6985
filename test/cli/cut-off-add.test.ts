import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseLink } from "../../src/domain/link.ts";
import { runCli, withHome } from "../support/cli.ts";

/** A Docker engine that is not there: what is saved is settled, and nothing starts. */
const env = { DOCKER_HOST: "unix:///nowhere/docker.sock" };

/** `add-user bob` that ended after its one write of users.json: the slot of the spare key it gave says nothing of bob yet. */
async function addCutOff(home: string): Promise<string> {
  const shards = join(home, "config/mtproxy/shards.json");
  const before = await readFile(shards, "utf8");
  const { json } = await runCli(["add-user", "bob", "--json"], { home, env });
  await writeFile(shards, before);
  return keyIn(json.data);
}

function keyIn(card: unknown): string {
  return parseLink((card as { link: string }).link).secret.key.reveal();
}

test.each([
  ["remove-user", ["remove-user", "bob", "--yes"]],
  ["regenerate-user-secret", ["regenerate-user-secret", "bob"]],
])("%s revokes a spare key whose giving was cut off, instead of handing it to the next person", async (_, command) => {
  await withHome(async (home) => {
    const docker = ["--engine", "docker", "--public-host", "192.0.2.1", "--users-lock", join(home, "users.lock")];
    await runCli(["setup", ...docker, "--no-start"], { home, env });
    await runCli(["add-user", "alice"], { home, env });
    const key = await addCutOff(home);
    expect(await readFile(join(home, "config/mtproxy/shards.json"), "utf8")).toContain(key);

    await runCli(command, { home, env });
    const { revoking, shards } = JSON.parse(await readFile(join(home, "config/mtproxy/shards.json"), "utf8"));
    expect(revoking).toEqual([{ key, holder: "bob", shard_id: 1 }]);
    expect(JSON.stringify(shards)).not.toContain(key);
    const carol = await runCli(["add-user", "carol", "--json"], { home, env });
    expect(keyIn(carol.json.data)).not.toBe(key);
  });
});
