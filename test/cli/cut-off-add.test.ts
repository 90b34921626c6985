import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseLink } from "../../src/domain/link.ts";
import { runCli, withHome } from "../support/cli.ts";
import { isRoot } from "../support/machine.mts";

/** A Docker engine that is not there: what is saved is settled, and nothing starts. */
const env = { DOCKER_HOST: "unix:///nowhere/docker.sock" };

async function setUp(home: string): Promise<void> {
  const docker = ["--engine", "docker", "--public-host", "192.0.2.1", "--users-lock", join(home, "users.lock")];
  await runCli(["setup", ...docker, "--no-start"], { home, env });
  await runCli(["add-user", "alice"], { home, env });
}

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
    await setUp(home);
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

/** Another program's doing: all we learn is that the record is gone. */
async function deleteRecord(home: string, name: string): Promise<void> {
  const path = join(home, "data/users.json");
  const { users } = JSON.parse(await readFile(path, "utf8")) as { users: { username: string }[] };
  await writeFile(path, JSON.stringify({ users: users.filter(({ username }) => username !== name) }));
}

test.each([
  ["show-user-config bob", ["show-user-config", "bob"]],
  ["vless-user show bob", ["vless-user", "show", "bob"]],
])(
  "a spare key whose giving was cut off and whose link %s shows is never handed to the next person",
  async (_, show) => {
    await withHome(async (home) => {
      await setUp(home);
      const key = await addCutOff(home);
      expect((await runCli(show, { home, env })).stdout).toContain(key);
      await deleteRecord(home, "bob");
      expect(keyIn((await runCli(["add-user", "carol", "--json"], { home, env })).json.data)).not.toBe(key);
    });
  },
);

test("a link that is shown while the change cannot be settled is nobody else's later", async () => {
  await withHome(async (home) => {
    await setUp(home);
    const taken = await listen();
    await runCli(["setup", "--port", String(taken.port), "--no-start"], { home, env });
    const bob = await runCli(["add-user", "bob", "--json"], { home, env });
    expect(bob.json.error?.message).toContain(`port ${taken.port} is taken`);
    await taken.close();
    await deleteRecord(home, "bob");
    const carol = await runCli(["add-user", "carol", "--json"], { home, env });
    expect(keyIn(carol.json.data)).not.toBe(keyIn(bob.json.data));
  });
});

test.runIf(isRoot)("a home that cannot be written shows a link all the same", async () => {
  await withHome(async (home) => {
    await setUp(home);
    const key = await addCutOff(home);
    const readOnly = [
      "unshare",
      "-m",
      "sh",
      "-c",
      'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"',
      home,
    ];
    const { code, stdout } = await runCli(["show", "bob"], { home, env, within: readOnly });
    expect([code, stdout.includes(key)]).toEqual([0, true]);
  });
});

async function listen(): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer().listen(0);
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  return { port, close: async () => void (await once(server.close(), "close")) };
}
