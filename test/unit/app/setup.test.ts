import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { applyPlan } from "../../../src/app/live/apply-plan.ts";
import { addUser } from "../../../src/app/people/add-user.ts";
import { setUp } from "../../../src/app/setup/setup.ts";
import { AppError } from "../../../src/domain/errors.ts";
import { appScene } from "../../support/app-scene.ts";

/** A machine on which nothing was set up yet. */
async function bareMachine() {
  const scene = await appScene();
  await scene.home.files.remove(scene.home.paths.settings);
  const usersLock = join(scene.home.paths.home, "..", "users.lock");
  return { ...scene, setUp: (options = {}) => setUp(scene.ctx, { usersLock, ...options }) };
}

describe("the address in links", () => {
  it("is the first one of the machine when none is given, and people are told how to change that", async () => {
    const { machine, setUp, said } = await bareMachine();
    machine.addresses = ["198.51.100.7", "198.51.100.8"];
    const { data } = await setUp({ start: false });
    expect(data.settings).toMatchObject({ publicHost: "198.51.100.7", egressIpv4: "198.51.100.7" });
    expect(said.join("\n")).toContain(
      "! links will name 198.51.100.7, the first public address of this machine; --public-host changes that",
    );
  });

  it("must be given on a machine without one", async () => {
    const { machine, setUp } = await bareMachine();
    machine.addresses = [];
    await expect(setUp({ start: false })).rejects.toMatchObject({
      kind: "usage",
      hint: "mtproxy setup --public-host YOUR.SERVER",
    });
  });

  it("that is a name is looked up for what Telegram sees, and kept as a name in links", async () => {
    const { machine, setUp } = await bareMachine();
    machine.names["proxy.example"] = "198.51.100.9";
    const { data } = await setUp({ publicHost: "proxy.example", start: false });
    expect(data.settings).toMatchObject({ publicHost: "proxy.example", egressIpv4: "198.51.100.9" });
  });

  it("leaves alone what Telegram sees when that was given, now or before", async () => {
    const { machine, setUp } = await bareMachine();
    machine.names["proxy.example"] = "198.51.100.9";
    const given = await setUp({ publicHost: "proxy.example", egressIpv4: "192.0.2.1", start: false });
    expect(given.data.settings.egressIpv4).toBe("192.0.2.1");
    const again = await setUp({ port: 4443, start: false });
    expect(again.data.settings).toMatchObject({ egressIpv4: "192.0.2.1", publicHost: "proxy.example", port: 4443 });
  });
});

describe("setUp", () => {
  it("ends with a first shard that runs, from Telegram's files as they were brought", async () => {
    const { ctx, home, engine, setUp } = await bareMachine();
    const [secret, conf] = [
      await home.files.read(home.paths.proxySecret),
      await home.files.read(home.paths.proxyMultiConf),
    ];
    await home.files.removeFolder(home.paths.telegram);
    const [proxySecret, proxyConfig] = [join(home.paths.home, "secret"), join(home.paths.home, "conf")];
    await writeFile(proxySecret, secret ?? "");
    await writeFile(proxyConfig, conf ?? "");
    const { data, failure } = await setUp({ publicHost: "203.0.113.7", proxySecret, proxyConfig });
    expect(failure).toBeUndefined();
    expect(data).toMatchObject({ running: true, repeated: false });
    expect([...engine.shards.keys()]).toEqual([1]);
    expect((await addUser(ctx, { name: "alice" })).failure).toBeUndefined();
  });

  it("keeps the settings when nothing can be downloaded, and says so", async () => {
    const { home, setUp, engine } = await bareMachine();
    await home.files.removeFolder(home.paths.telegram);
    const unreachable = { proxySecretUrl: ["http://127.0.0.1:1/s"], proxyConfigUrl: ["http://127.0.0.1:1/c"] };
    const { data, failure } = await setUp({ publicHost: "203.0.113.7", ...unreachable });
    expect(data).toMatchObject({ running: false, settings: { publicHost: "203.0.113.7" } });
    expect(failure).toMatchObject({
      kind: "environment",
      message: expect.stringMatching(/^the settings are saved, but no proxy runs: /),
    });
    expect((await home.stores.settings.read())?.publicHost).toBe("203.0.113.7");
    expect(engine.shards.size).toBe(0);
  });

  it("keeps the settings when the engine is not there, and a second run brings what is missing", async () => {
    const { engine, setUp } = await bareMachine();
    engine.faults.unusable = new AppError("environment", "Docker is not installed here", { hint: "install it" });
    const first = await setUp({ publicHost: "203.0.113.7" });
    expect(first.failure).toMatchObject({ kind: "environment", hint: "install it" });
    delete engine.faults.unusable;
    const second = await setUp();
    expect(second.failure).toBeUndefined();
    expect(second.data).toMatchObject({ repeated: true, running: true });
  });

  it("starts what an admin stopped", async () => {
    const { engine, setUp } = await bareMachine();
    await setUp({ publicHost: "203.0.113.7" });
    await engine.stop();
    expect((await setUp()).data.running).toBe(true);
    expect([...engine.shards.values()].map(({ running }) => running)).toEqual([true]);
  });

  it("moves the first shard to another port, and nobody else", async () => {
    const { ctx, engine, setUp, works, machine } = await bareMachine();
    await setUp({ publicHost: "203.0.113.7" });
    const alice = (await addUser(ctx, { name: "alice" })).data;
    const bob = (await addUser(ctx, { name: "bob", fakeTls: true })).data;
    engine.started.length = 0;
    // The port is our own proxy's until it moves.
    machine.busyPorts.add(8443);
    expect((await setUp({ port: 4443 })).failure).toBeUndefined();
    expect(engine.started).toEqual([1]);
    expect([await works(alice.link), await works(alice.link?.replace("8443", "4443")), await works(bob.link)]).toEqual([
      false,
      true,
      true,
    ]);
  });

  it("changes the mode of people who come from then on", async () => {
    const { ctx, setUp } = await bareMachine();
    await setUp({ publicHost: "203.0.113.7", mode: "fake-tls", coverDomain: "www.example.com" });
    expect((await addUser(ctx, { name: "alice" })).data).toMatchObject({ mode: "fake-tls", domain: "www.example.com" });
    await setUp({ mode: "plain" });
    expect((await addUser(ctx, { name: "bob" })).data).toMatchObject({ mode: "plain" });
    expect((await addUser(ctx, { name: "alice", fakeTls: true })).data.added).toBe(false);
  });

  it("with --dry-run asks nothing of engine or disk", async () => {
    const { home, engine, setUp } = await bareMachine();
    engine.faults.unusable = new AppError("environment", "must not be asked");
    const { data, failure } = await setUp({ publicHost: "203.0.113.7", dryRun: true });
    expect([data.running, failure]).toEqual([false, undefined]);
    expect(await home.stores.settings.read()).toBeUndefined();
  });
});

describe("a setting that changes what processes are started with", () => {
  it("restarts every shard once, and only with the next apply", async () => {
    const { ctx, engine, setUp } = await bareMachine();
    await setUp({ publicHost: "203.0.113.7" });
    await addUser(ctx, { name: "bob", fakeTls: true });
    engine.started.length = 0;
    await setUp({ workers: 2, start: false });
    expect(engine.started).toEqual([]);
    await applyPlan(ctx);
    expect(engine.started.sort()).toEqual([1, 2]);
    await applyPlan(ctx);
    expect(engine.started).toHaveLength(2);
  });
});
