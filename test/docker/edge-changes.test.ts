import { readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import type { Snapshot } from "../../src/domain/numbers/snapshot.ts";
import { connectHaproxy } from "../../src/edge/connect-haproxy.ts";
import type { Haproxy } from "../../src/haproxy.ts";
import { homePaths } from "../../src/state/paths.ts";
import { type ClientOptions, connectFakeTls, ProxyClient } from "../contract/proxy/support/client.ts";
import type { UserCardJson } from "../support/cli-home.ts";
import { coverDomains, type DockerCliHome, dockerCliHome, dockerEnv, linkOf } from "../support/docker-cli-home.ts";
import { haproxyImage, standInImage } from "../support/docker-image.ts";
import { killAt, killAtChange } from "../support/kill-at.ts";
import { type Watched, watch } from "../support/run-source.ts";

const PROGRAM = resolve(import.meta.dirname, "../../bin/familytraffic-mtproxy");
const SUITE_MS = 400_000;

let home: DockerCliHome;
let haproxy: Haproxy;
let pat: UserCardJson;
let eve: UserCardJson;
const services: Watched[] = [];

/** Behind HAProxy, with a binary that does not read proxy-multi.conf again. */
beforeAll(async () => {
  home = await dockerCliHome({ image: await standInImage({ build: "official-2025" }) });
  home.on = { env: { MTPROXY_HOST_ROOT: join(home.folder, "root") } };
  haproxy = await connectHaproxy(homePaths(home.home));
  pat = await home.add("pat");
  eve = await home.add("eve", "--fake-tls", coverDomains[0]);
  const { json } = await home.mtproxy("enable-haproxy-routing", "--image", await haproxyImage("2.6"));
  expect(json.data).toMatchObject({ live: true });
  await Promise.all([["agent", "1"], ["agent", "2"], ["daemon"]].map(startService));
  // Until HAProxy looks again it lets everybody through, and nobody has a name.
  const agents = async () => (await haproxy.counts("agents")).map(({ status }) => status);
  await vi.waitFor(async () => expect(await agents()).toEqual(["UP", "UP"]), { timeout: 10_000, interval: 200 });
});
afterAll(async () => {
  for (const { child } of services) child.kill();
  await home?.dispose();
});

async function startService(words: readonly string[]): Promise<void> {
  const env = { ...dockerEnv, ...home.on.env };
  const service = watch(process.execPath, [PROGRAM, "--home", home.home, ...words], env, SUITE_MS);
  services.push(service);
  await service.until("ready");
}

/** A client that is connected with somebody's link, to Telegram and back, until the test is over. */
async function hold(card: UserCardJson): Promise<ProxyClient> {
  const { secret, port } = linkOf(card);
  const options: ClientOptions & { key: NonNullable<ClientOptions["key"]> } = { port, key: secret.key };
  const client =
    secret.mode === "fake-tls"
      ? await connectFakeTls({ ...options, domain: secret.domain })
      : await ProxyClient.connect(options);
  expect(await client.ask()).toBe("answered");
  return client;
}

/** Works while people come and go all the time: nobody of them is refused, and who was there before stays connected. */
async function uncut(work: () => Promise<void>): Promise<void> {
  const held = await Promise.all([hold(pat), hold(eve)]);
  const failures: unknown[] = [];
  let isOver = false;
  let visits = 0;
  const comeAndGo = async (card: UserCardJson) => {
    while (!isOver) {
      await hold(card).then(
        (client) => client.close(),
        (error: unknown) => failures.push(error),
      );
      visits += 1;
      await sleep(20);
    }
  };
  const crowd = Promise.all([comeAndGo(pat), comeAndGo(eve)]);
  await work().finally(() => {
    isOver = true;
  });
  await crowd;
  expect(failures).toEqual([]);
  expect(visits).toBeGreaterThan(10);
  expect(await Promise.all(held.map((client) => client.ask()))).toEqual(["answered", "answered"]);
  for (const client of held) client.close();
}

async function done(...args: string[]): Promise<unknown> {
  const { code, stdout, stderr, json } = await home.mtproxy(...args);
  expect(code, `${args.join(" ")}: ${stdout}${stderr}`).toBe(0);
  return json.data;
}

/** Containers of shards by name; `NAME-b` is the other instance of a shard. */
async function instances(): Promise<string[]> {
  const all = await home.containers();
  return all.map(({ name }) => name).filter((name) => !name.endsWith("haproxy"));
}

/** What was replaced is ended without a command, one instance a shard is left, and every link works. */
async function isSettled(): Promise<void> {
  expect(await done("plan", "--exit-code")).toMatchObject({ pending: false });
  await done("verify");
  const shards = async () => (await instances()).map((name) => name.replace(/-b$/, ""));
  await expect.poll(async () => (await shards()).length - new Set(await shards()).size, { timeout: 30_000 }).toBe(0);
  expect((await home.containers()).filter(({ running }) => !running)).toEqual([]);
}

async function refresh(): Promise<unknown> {
  const file = join(home.folder, "fetched.conf");
  const { host, port } = home.telegram;
  await writeFile(file, `${home.telegram.proxyMultiConf()}proxy_for 203 ${host}:${port};\n`);
  return done("refresh-config", "--from-file", file);
}

describe("behind HAProxy", () => {
  it("is looked at by the daemon: both kinds of shards, HAProxy, agents, containers, and who is connected", async () => {
    const client = await hold(pat);
    const look = async (): Promise<Snapshot> =>
      JSON.parse(await readFile(home.path("mtproxy/run/snapshot.json"), "utf8"));
    await expect.poll(look, { timeout: 25_000, interval: 500 }).toMatchObject({
      ...{ routing: "edge", usersNote: null },
      proxy: { running: true, activeConnections: 1 },
      shards: [
        { id: 1, kind: "obfuscated", running: true, activeConnections: 1 },
        { id: 2, kind: "fake-tls", running: true, activeConnections: 0 },
      ],
      users: [
        // From this server itself, which is nobody's household.
        { name: "pat", connections: 1, addressesToday: 0, lastSeen: expect.stringMatching(/^20/) },
        { name: "eve", connections: 0, bytesIn: 0, addressesToday: 0, lastSeen: null },
      ],
      edge: { connections: 1, oldWorkers: 0, agents: 2 },
      resources: { cpuPercent: expect.any(Number), networkRxBytes: expect.any(Number) },
    });
    // HAProxy counts what is open every five seconds.
    await expect.poll(async () => (await look()).users[0]?.bytesIn, { timeout: 25_000 }).toBeGreaterThan(0);
    const { shards, resources } = await look();
    for (const { readyTargets } of shards) expect(readyTargets).toBeGreaterThan(0);
    // HAProxy and two proxies.
    expect(resources?.memoryBytes).toBeGreaterThan(3e6);
    client.close();
  });

  it("another key, cover domain, proxy-multi.conf and image cut nobody", async () => {
    const guest = await home.add("guest");
    await uncut(async () => {
      await done("regenerate-user-secret", "guest", "--overlap", "7d");
      (await hold(guest)).close();
      await done("remove-user", "guest", "--yes");
      await done("tick");
    });
    await uncut(async () => {
      await done("add-user", "dan", "--fake-tls", coverDomains[1], "--allow-restart");
    });
    const before = await home.containers();
    await uncut(async () => {
      expect(await refresh()).toMatchObject({
        shards: [{ how: "replace" }, { how: "replace" }].map((it) => expect.objectContaining(it)),
      });
    });
    expect((await home.containers()).filter(({ id }) => !before.some((it) => it.id === id))).toHaveLength(2);
    expect(await done("refresh-config", "--from-file", join(home.folder, "fetched.conf"))).toMatchObject({
      changed: false,
    });
    const image = await standInImage({ build: "getpagespeed" });
    await uncut(async () => {
      expect(await done("image", "use", image)).toMatchObject({ live: true });
    });
    await isSettled();
  });

  it("a shard that goes keeps its connections until they end, and HAProxy is not reloaded for it", async () => {
    for (const name of ["kim", "leo"]) await home.add(name, "--group", "club");
    await done("set-promoted-channel", `7f${"0".repeat(28)}7f`, "--group", "club", "--allow-move");
    const kim = (await done("show-user-config", "kim")) as UserCardJson;
    const held = await hold(kim);
    onTestFinished(() => held.close());
    const { reloads } = await haproxy.processes();
    await done("set-user", "kim", "--no-group", "--allow-move");
    await done("remove-user", "leo", "--yes");
    await done("remove-promoted-channel", "--group", "club");
    expect(await instances()).toContainEqual(expect.stringMatching(/-3(-b)?$/));
    expect(await held.ask()).toBe("answered");
    expect((await haproxy.processes()).reloads).toBe(reloads);
    expect(await done("status")).toMatchObject({ pending: false, haproxy: { draining: 1 } });
    await done("tick");
    expect(await held.ask()).toBe("answered");
    held.close();
    await expect.poll(instances, { timeout: 30_000 }).not.toContainEqual(expect.stringMatching(/-3(-b)?$/));
    await isSettled();
  });

  it.each([
    ["an instance is created, with compose", (args: string[]) => killAt(home, "create", "with compose", args)],
    ["an instance is started", (args: string[]) => killAt(home, "start", "alone", args)],
    ["people are led over", (args: string[]) => killAtChange(home, home.path("mtproxy/haproxy/haproxy.cfg"), args)],
  ])("a command that is killed when %s cuts nobody, and the next apply completes it", async (moment, kill) => {
    const tag = `8e${String(moment.length).padStart(30, "0")}`;
    await uncut(async () => {
      expect(await kill(["set-promoted-channel", tag])).toBe("SIGKILL");
      await done("apply");
    });
    expect(await readFile(home.path("mtproxy/familytraffic-mtproxy/arguments"), "utf8")).toContain(tag);
    await isSettled();
  });

  it("a lost shards.json changes no port that a link names", async () => {
    const links = async () => ((await done("verify")) as { links: { name: string; port: number }[] }).links;
    const before = await links();
    await rm(home.path("config/mtproxy/shards.json"));
    await uncut(async () => {
      await done("apply");
    });
    expect((await links()).map(({ name, port }) => [name, port])).toEqual(before.map(({ name, port }) => [name, port]));
    await isSettled();
  });

  it("only who says so has HAProxy's container made anew: everybody who is connected is cut once", async () => {
    const held = await hold(pat);
    const id = async () => (await home.containers()).find(({ name }) => name.endsWith("haproxy"))?.id;
    const before = await id();
    const refused = await home.mtproxy("config", "set", "max_connections", "600");
    expect([refused.code, refused.json.error?.message]).toEqual([2, expect.stringMatching(/cuts 1 connection/)]);
    expect(await done("config", "show")).toMatchObject({ max_connections: 500 });
    const path = home.path("config/mtproxy/mtproxy_config.json");
    const text = await readFile(path, "utf8");
    await writeFile(path, text.replace(/("max_connections": *)500/, "$1600"));
    expect(await done("plan")).toMatchObject({ pending: true, haproxy: "replace", cost: { connections_cut: 1 } });
    await done("tick");
    await home.add("late");
    expect([await id(), await held.ask()]).toEqual([before, "answered"]);
    expect((await haproxy.info()).maxConnections).toBe(2000);
    await done("apply", "--yes");
    expect([(await id()) === before, await held.ask()]).toEqual([false, "closed"]);
    expect((await haproxy.info()).maxConnections).toBe(2400);
    await isSettled();
  });
});
