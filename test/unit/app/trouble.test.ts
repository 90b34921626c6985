import { describe, expect, it } from "vitest";
import { applyPlan } from "../../../src/app/live/apply-plan.ts";
import { applyAll, restartService, stopService } from "../../../src/app/live/run-service.ts";
import { showPlan } from "../../../src/app/live/show-plan.ts";
import { addUser } from "../../../src/app/people/add-user.ts";
import { regenerateUserSecret } from "../../../src/app/people/regenerate-user-secret.ts";
import { removeUser } from "../../../src/app/people/remove-user.ts";
import { switchUser } from "../../../src/app/people/switch-user.ts";
import { verifyLinks } from "../../../src/app/people/verify-links.ts";
import { readStatus } from "../../../src/app/watching/read-status.ts";
import { AppError } from "../../../src/domain/errors.ts";
import { type AppScene, appScene } from "../../support/app-scene.ts";
import { goodImage } from "../../support/deployment.ts";

const noDocker = new AppError("environment", "Docker does not run", { hint: "systemctl start docker" });

/** A home where alice (dd) and bob (ee) have links that work. */
async function served() {
  const scene = await appScene();
  await applyPlan(scene.ctx);
  const alice = (await addUser(scene.ctx, { name: "alice" })).data;
  const bob = (await addUser(scene.ctx, { name: "bob", fakeTls: "google.com" })).data;
  return { ...scene, scene, alice, bob };
}

const digestsOf = ({ engine }: AppScene) =>
  [...engine.shards].map(([id, { configDigest, running }]) => [id, configDigest, running]);

async function refusal(work: Promise<unknown>): Promise<AppError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof AppError) return error;
  throw error ?? new Error("nothing was refused");
}

describe("a proxy that does not become healthy", () => {
  it("leaves files and running configuration as before, keeps the change as pending, and apply brings it", async () => {
    const { scene, ctx, engine, alice, bob, works } = await served();
    const before = { files: await scene.rendered(), running: digestsOf(scene) };
    engine.faults.neverReady = true;
    const { data, failure } = await addUser(ctx, { name: "carol", fakeTls: "microsoft.com" });
    expect(data).toMatchObject({ username: "carol", added: true, port: 8445 });
    expect(failure?.kind).toBe("engine");
    expect(failure?.message).toMatch(
      /^carol is saved, but the link does not work yet: familytraffic-mtproxy-3 got no connection to Telegram within 30 s\. It said:\n {2}memory-\d+ started$/,
    );
    expect(failure?.hint).toContain("mtproxy apply tries again");
    expect({ files: await scene.rendered(), running: digestsOf(scene) }).toEqual(before);
    expect([await works(alice.link), await works(bob.link), await works(data.link)]).toEqual([true, true, false]);

    const plan = await showPlan(ctx, { exitCode: true });
    expect(plan.data).toMatchObject({
      pending: true,
      changes: expect.arrayContaining([expect.objectContaining({ shardId: 3, action: "create" })]),
    });
    expect(plan.failure?.kind).toBe("pending");
    expect((await readStatus(ctx)).data.pending).toBe(true);

    engine.faults.neverReady = false;
    expect((await applyAll(ctx, {})).data.applied).toBe(true);
    expect(await works(data.link)).toBe(true);
    expect((await readStatus(ctx)).data.pending).toBe(false);
  });

  it("says of a revocation that it did not happen, and status goes on saying that something is pending", async () => {
    const { ctx, engine, alice, works } = await served();
    engine.faults.neverReady = true;
    const disabled = await switchUser(ctx, { name: "alice", enabled: false });
    expect(disabled.data).toMatchObject({ enabled: false, changed: true, live: false });
    expect(disabled.failure?.message).toContain("alice is disabled, BUT STILL HAS ACCESS until the change is live");
    engine.faults.neverReady = false;
    // The old configuration came back, and the person with it.
    for (const shard of engine.shards.values()) shard.readyTargets = 1;
    expect(await works(alice.link)).toBe(true);
    const { data, warnings, failure } = await readStatus(ctx);
    expect([data.pending, failure]).toEqual([true, undefined]);
    expect(warnings).toEqual([
      "a key of alice is taken away BUT STILL WORKS until that is live: mtproxy apply",
      expect.stringContaining("mtproxy apply makes them live"),
    ]);
    await applyAll(ctx, {});
    expect(await works(alice.link)).toBe(false);
  });

  it("says it of removing and regenerating too", async () => {
    const { ctx, engine, bob, works } = await served();
    engine.faults.neverReady = true;
    const removed = await removeUser(ctx, { name: "alice" });
    expect(removed.data).toMatchObject({ removed: "record", revoked: false });
    expect(removed.failure?.message).toContain("alice is removed, BUT STILL HAS ACCESS");
    const renewed = await regenerateUserSecret(ctx, { name: "bob" });
    expect(renewed.failure?.message).toContain("BUT THE OLD LINK STILL WORKS");
    expect(await works(bob.link)).toBe(true);
    engine.faults.neverReady = false;
    await applyAll(ctx, {});
    expect([await works(bob.link), await works(renewed.data.link)]).toEqual([false, true]);
  });

  it("that ends at once is told with its exit code and last words", async () => {
    const { ctx, engine } = await served();
    const { up } = engine;
    engine.up = async (changed, removed) => {
      await up.call(engine, changed, removed);
      const shard = engine.shards.get(3);
      if (shard === undefined) return;
      shard.running = false;
      shard.log.push("mtproto-proxy: cannot open configuration file");
    };
    const { failure } = await addUser(ctx, { name: "carol", fakeTls: "microsoft.com" });
    expect(failure?.kind).toBe("engine");
    expect(failure?.message).toContain("familytraffic-mtproxy-3 ended right after its start with exit code 0");
    expect(failure?.message).toContain("\n  mtproto-proxy: cannot open configuration file");
  });

  it("after restart is an error of the engine, with the time that was waited", async () => {
    const { ctx, engine } = await served();
    engine.faults.neverReady = true;
    const error = await refusal(restartService(ctx, {}));
    expect([error.kind, error.message]).toEqual(["engine", expect.stringContaining("within 30 s")]);
  });
});

describe("an engine that refuses", () => {
  it("to start a shard leaves the others as they are", async () => {
    const { scene, ctx, engine, alice, bob, works } = await served();
    const before = { files: await scene.rendered(), running: digestsOf(scene) };
    engine.faults.up = new AppError("environment", "port 8445 is taken by nginx", { hint: "free it" });
    const { data, failure } = await addUser(ctx, { name: "carol", fakeTls: "microsoft.com" });
    expect(failure).toMatchObject({
      kind: "environment",
      message: expect.stringContaining("port 8445 is taken by nginx"),
    });
    expect(failure?.hint).toMatch(/^free it; everything runs as before/);
    delete engine.faults.up;
    expect({ files: await scene.rendered(), running: digestsOf(scene) }).toEqual(before);
    expect([await works(alice.link), await works(bob.link), await works(data.link)]).toEqual([true, true, false]);
  });

  it("to be asked lets everything be saved and nothing be live, with exit code 6", async () => {
    const { ctx, engine, works } = await served();
    engine.faults.unusable = noDocker;
    const added = await addUser(ctx, { name: "carol" });
    expect(added.data).toMatchObject({ username: "carol", port: 8443 });
    expect(added.failure?.exitCode).toBe(6);
    expect(added.failure?.message).toBe("carol is saved, but the link does not work yet: Docker does not run");
    const status = await readStatus(ctx);
    expect(status.failure).toBe(noDocker);
    expect(status.data).toMatchObject({ pending: null, users: { enabled: 3 }, shards: [{ condition: "missing" }, {}] });
    const plan = await showPlan(ctx, {});
    expect(plan.failure).toBe(noDocker);
    expect(plan.data.shards.map(({ assignedSlots }) => assignedSlots)).toEqual([2, 1]);
    delete engine.faults.unusable;
    // A spare slot was taken: the process that runs knows the key already.
    expect(await works(added.data.link)).toBe(true);
    expect((await showPlan(ctx, { exitCode: true })).failure).toBeUndefined();
  });

  it("an image that cannot serve stops before anything is changed", async () => {
    const { scene, ctx, engine } = await served();
    const before = digestsOf(scene);
    engine.verdict = { ...goodImage, verdict: "unusable", reasons: ["it has no mtproto-proxy"] };
    await ctx.stores.settings.update((settings) => ({ ...(settings ?? expect.unreachable()), image: "other/image" }));
    const error = await refusal(applyAll(ctx, {}));
    expect(error).toMatchObject({ kind: "engine", message: "other/image cannot be used: it has no mtproto-proxy" });
    expect(error.hint).toContain("mtproxy setup --image NAME");
    expect(digestsOf(scene)).toEqual(before);
  });

  it("an image that refuses today's hello is said with every fake-TLS link", async () => {
    const { ctx, engine, said } = await served();
    engine.verdict = { ...goodImage, longHello: false, verdict: "padded-only", reasons: ["it refuses the long hello"] };
    await ctx.stores.settings.update((settings) => ({ ...(settings ?? expect.unreachable()), image: "old/image" }));
    await applyAll(ctx, {});
    expect(said.join("\n")).toContain(
      "! fake-TLS links are dead for current Telegram apps on old/image: it refuses the long hello",
    );
    const { data } = await addUser(ctx, { name: "bob", fakeTls: true });
    expect(data.advice[0]).toContain("Dead for current Telegram apps: the proxy in old/image refuses the hello");
    expect((await addUser(ctx, { name: "alice" })).data.advice[0]).toContain("Works in every official Telegram app");
  });
});

describe("status", () => {
  it.each([
    [
      "no upstream",
      (scene: AppScene) => Object.assign(scene.engine.shards.get(2) ?? {}, { readyTargets: 0 }),
      "familytraffic-mtproxy-2: no upstream",
    ],
    ["stopped", (scene: AppScene) => scene.engine.stop([2]), "familytraffic-mtproxy-2: stopped"],
    ["missing", (scene: AppScene) => scene.engine.shards.delete(2), "familytraffic-mtproxy-2: missing"],
  ])("of a shard that is %s is unhealthy and names it; the others count on", async (condition, spoil, message) => {
    const { scene, ctx } = await served();
    await spoil(scene);
    const { data, failure } = await readStatus(ctx);
    expect(data.shards.map((shard) => shard.condition)).toEqual(["healthy", condition]);
    const hint =
      condition === "no upstream" ? "docker logs familytraffic-mtproxy-2 shows what the proxy said" : "mtproxy start";
    expect(failure).toMatchObject({ kind: "unhealthy", message, hint });
  });

  it("of a shard that does not answer is unhealthy", async () => {
    const { ctx, engine } = await served();
    const { stats } = engine;
    engine.stats = async (id) =>
      id === 1 ? Promise.reject(new AppError("engine", "no answer")) : stats.call(engine, id);
    const { data, failure } = await readStatus(ctx);
    expect(data.shards[0]).toMatchObject({ condition: "not answering", activeConnections: null, uptimeSeconds: null });
    expect(failure?.message).toBe("familytraffic-mtproxy: not answering");
  });

  it("counts people, slots and clients by shard", async () => {
    const { ctx, engine } = await served();
    Object.assign(engine.shards.get(1) ?? {}, { activeClients: 3 });
    Object.assign(engine.shards.get(2) ?? {}, { activeClients: 4 });
    const { data } = await readStatus(ctx);
    expect(data).toMatchObject({ activeConnections: 7, users: { enabled: 2, disabled: 0 } });
    expect(data.shards).toMatchObject([
      { shardId: 1, family: "obfuscated", users: 1, spareSlots: 15, activeConnections: 3 },
      { shardId: 2, family: "fake-tls", users: 1, spareSlots: 15, activeConnections: 4, coverDomains: ["google.com"] },
    ]);
  });
});

describe("a plan", () => {
  it("says how many live connections each restart cuts", async () => {
    const { ctx, engine } = await served();
    Object.assign(engine.shards.get(1) ?? {}, { activeClients: 5 });
    Object.assign(engine.shards.get(2) ?? {}, { activeClients: 9 });
    await ctx.stores.users.update("test", () => ({
      edits: [{ kind: "set", name: "alice", fields: { mtproxy_enabled: false } }],
      result: 0,
    }));
    const { data } = await showPlan(ctx, {});
    expect(data.cost).toMatchObject({ restarts: 1, connectionsCut: 5, processes: 2 });
    expect(data.changes.map(({ action, connectionsCut }) => [action, connectionsCut])).toEqual([
      ["restart", 5],
      ["none", 0],
    ]);
  });

  it("with a taken port for the first shard refuses to be applied, and shows where links would lead all the same", async () => {
    const scene = await appScene();
    scene.machine.busyPorts.add(8443);
    const added = await addUser(scene.ctx, { name: "alice" });
    expect(added.failure).toMatchObject({
      kind: "environment",
      message: expect.stringContaining("port 8443 is taken by another program"),
    });
    expect(added.data).toMatchObject({ username: "alice", added: true, port: 8443 });
    expect((await showPlan(scene.ctx, {})).failure?.message).toContain("port 8443 is taken");
    expect((await refusal(applyAll(scene.ctx, { dryRun: true }))).message).toContain("port 8443 is taken");
    scene.machine.busyPorts.clear();
    await applyAll(scene.ctx, {});
    expect(await scene.works(added.data.link)).toBe(true);
  });
});

describe("a proxy that an admin stopped", () => {
  it("takes no change until it is started, and is not started by one", async () => {
    const { ctx, engine, works } = await served();
    await stopService(ctx, {});
    const added = await addUser(ctx, { name: "carol" });
    expect(added.failure?.message).toBe(
      "carol is saved, but the link does not work yet: the proxy is stopped and takes the change when it starts",
    );
    expect([...engine.shards.values()].some(({ running }) => running)).toBe(false);
    await applyAll(ctx, {});
    expect(await works(added.data.link)).toBe(true);
  });
});

describe("without Telegram's files", () => {
  it("nothing starts, and the command that fetches them is named", async () => {
    const scene = await appScene();
    await scene.home.files.removeFolder(scene.home.paths.telegram);
    const { failure } = await addUser(scene.ctx, { name: "alice" });
    expect(failure).toMatchObject({ kind: "environment", hint: expect.stringContaining("mtproxy refresh-config") });
    expect(scene.engine.shards.size).toBe(0);
  });
});

describe("verify", () => {
  it("tries a link given as text, and whom the plan has a place for but no process yet", async () => {
    const { ctx, engine, alice } = await served();
    engine.faults.unusable = noDocker;
    await addUser(ctx, { name: "carol", fakeTls: "microsoft.com" });
    const { data, failure } = await verifyLinks(ctx, { names: [alice.link ?? "", "carol"] });
    expect(data.links.map(({ name, ok }) => [name, ok])).toEqual([
      ["link 1", true],
      ["carol", false],
    ]);
    expect(failure).toMatchObject({ kind: "unhealthy", message: "1 of 2 links do not work: carol" });
  });
});
