import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runCli, withHome } from "../support/cli.ts";

/** A Docker engine that is not there: what is saved is settled, and nothing starts. */
const env = { DOCKER_HOST: "unix:///nowhere/docker.sock" };

test("setup refuses a port that the links of another shard name, and leaves the settings as they were", async () => {
  await withHome(async (home) => {
    const run = (...args: string[]) => runCli(args, { home, env });
    const docker = ["--engine", "docker", "--public-host", "192.0.2.1", "--users-lock", join(home, "users.lock")];
    await run("setup", ...docker, "--port", "28443", "--port-range", "28444-28499", "--no-start");
    await run("add-user", "alice");
    await run("add-user", "eve", "--fake-tls");
    const plan = (await run("plan", "--json")).json.data as { shards: { port: number }[] };
    const second = plan.shards[1]?.port;

    const refused = await run("setup", "--port", String(second), "--no-start", "--json");
    expect(refused.code).toBe(5);
    expect(refused.json.error?.message).toBe(
      `port ${second} is the one of familytraffic-mtproxy-2, whose links name it`,
    );
    expect((await run("plan", "--json")).json.data).toEqual(plan);
  });
});

test("a port of another shard that was written into the settings by hand is refused, and setup leads out", async () => {
  await withHome(async (home) => {
    const run = (...args: string[]) => runCli(args, { home, env });
    const docker = ["--engine", "docker", "--public-host", "192.0.2.1", "--users-lock", join(home, "users.lock")];
    await run("setup", ...docker, "--port", "28443", "--port-range", "28444-28499", "--no-start");
    await run("add-user", "alice");
    await run("add-user", "eve", "--fake-tls");
    const plan = (await run("plan", "--json")).json.data as { shards: { port: number }[] };
    const path = join(home, "config/mtproxy/mtproxy_config.json");
    const settings = JSON.parse(await readFile(path, "utf8")) as object;
    await writeFile(path, JSON.stringify({ ...settings, port: plan.shards[1]?.port }));

    const shards = await readFile(join(home, "config/mtproxy/shards.json"), "utf8");
    const refused = await run("apply", "--json");
    expect([refused.code, refused.json.error?.hint]).toEqual([
      5,
      "mtproxy setup --port 28443 keeps the port that it has",
    ]);
    expect(await readFile(join(home, "config/mtproxy/shards.json"), "utf8")).toBe(shards);
    await run("setup", "--port", "28443", "--no-start");
    expect((await run("plan", "--json")).json.data).toEqual(plan);
  });
});
