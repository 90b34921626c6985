import { describe, expect, it } from "vitest";
import { applyPlan } from "../../../src/app/live/apply-plan.ts";
import { applyAll, stopService } from "../../../src/app/live/run-service.ts";
import { showPlan } from "../../../src/app/live/show-plan.ts";
import { addUser } from "../../../src/app/people/add-user.ts";
import { listUsers } from "../../../src/app/people/list-users.ts";
import { regenerateUserSecret } from "../../../src/app/people/regenerate-user-secret.ts";
import { removeUser } from "../../../src/app/people/remove-user.ts";
import { switchUser } from "../../../src/app/people/switch-user.ts";
import { verifyLinks } from "../../../src/app/people/verify-links.ts";
import { setUp } from "../../../src/app/setup/setup.ts";
import { readStatus } from "../../../src/app/watching/read-status.ts";
import { appScene } from "../../support/app-scene.ts";

/** A home where alice and bob (dd) have links that work. */
async function served() {
  const scene = await appScene();
  await applyPlan(scene.ctx);
  const alice = (await addUser(scene.ctx, { name: "alice" })).data;
  const bob = (await addUser(scene.ctx, { name: "bob" })).data;
  return { ...scene, alice, bob };
}

/** The same, after a change that the engine did not carry out; what ran before runs again. */
async function afterFailure(change: (scene: Awaited<ReturnType<typeof served>>) => Promise<unknown>) {
  const scene = await served();
  scene.engine.faults.neverReady = true;
  await change(scene);
  scene.engine.faults.neverReady = false;
  for (const shard of scene.engine.shards.values()) shard.readyTargets = 1;
  return scene;
}

const STILL_WORKS = "a key of alice is taken away BUT STILL WORKS until that is live: mtproxy apply";

describe("somebody whose key could not be taken away", () => {
  it.each([
    ["removed", ({ ctx }: Awaited<ReturnType<typeof served>>) => removeUser(ctx, { name: "alice" })],
    ["disabled", ({ ctx }: Awaited<ReturnType<typeof served>>) => switchUser(ctx, { name: "alice", enabled: false })],
    ["regenerated", ({ ctx }: Awaited<ReturnType<typeof served>>) => regenerateUserSecret(ctx, { name: "alice" })],
  ])("(%s) is named by every later command until it is live", async (_, change) => {
    const { ctx, works, alice, bob, home } = await afterFailure(change);
    expect(await works(alice.link)).toBe(true);
    const plan = await showPlan(ctx, {});
    expect(plan.data.revocations).toEqual([{ holder: "alice", shardId: 1 }]);
    expect(plan.data.changes[0]?.reasons).toContain("the key of alice is revoked");
    expect(plan.warnings).toContain(STILL_WORKS);
    expect((await readStatus(ctx)).warnings).toContain(STILL_WORKS);
    expect((await listUsers(ctx)).warnings).toContain(STILL_WORKS);

    const applied = await applyAll(ctx, {});
    expect(applied.data.revocations).toEqual([{ holder: "alice", shardId: 1 }]);
    expect([await works(alice.link), await works(bob.link)]).toEqual([false, true]);
    const after = await showPlan(ctx, { exitCode: true });
    expect([after.failure, after.data.revocations, after.warnings]).toEqual([undefined, [], []]);
    expect((await listUsers(ctx)).warnings).toEqual([]);
    expect((await home.stores.shards.read()).revoking).toEqual([]);
  });

  it("and is enabled again before that keeps the link, and nothing is left to do", async () => {
    const { ctx, works, alice, engine } = await afterFailure(({ ctx }) =>
      switchUser(ctx, { name: "alice", enabled: false }),
    );
    engine.started.length = 0;
    await switchUser(ctx, { name: "alice", enabled: true });
    expect([await works(alice.link), engine.started]).toEqual([true, []]);
    expect((await showPlan(ctx, { exitCode: true })).failure).toBeUndefined();
    expect((await listUsers(ctx)).warnings).toEqual([]);
  });

  it("and is removed after being disabled is revoked once", async () => {
    const { ctx, alice, works } = await afterFailure(async ({ ctx }) => {
      await switchUser(ctx, { name: "alice", enabled: false });
      await removeUser(ctx, { name: "alice" });
    });
    expect((await showPlan(ctx, {})).data.revocations).toEqual([{ holder: "alice", shardId: 1 }]);
    await applyAll(ctx, {});
    expect(await works(alice.link)).toBe(false);
  });

  it("gets in no more when the proxy was stopped meanwhile, and nobody is told otherwise", async () => {
    const { ctx, alice, works, engine } = await served();
    await stopService(ctx, {});
    const { failure } = await removeUser(ctx, { name: "alice" });
    expect(failure?.message).toContain("alice is removed and nobody has access now");
    expect((await listUsers(ctx)).warnings).toEqual([]);
    await engine.restart();
    expect(await works(alice.link)).toBe(false);
  });

  it("gets in nowhere where no proxy ever came up, and nobody is told otherwise", async () => {
    const { ctx, engine } = await appScene();
    engine.faults.neverReady = true;
    await addUser(ctx, { name: "alice" });
    const { failure } = await removeUser(ctx, { name: "alice" });
    expect(failure?.message).toContain("alice is removed and nobody has access now");
    expect(failure?.hint).toContain("nothing runs, as before");
  });

  it("is not believed to be disabled by verify", async () => {
    const { ctx } = await afterFailure(({ ctx }) => switchUser(ctx, { name: "alice", enabled: false }));
    const { data, failure } = await verifyLinks(ctx, { names: ["alice"] });
    expect(data.links[0]?.attempts[0]).toMatchObject({
      ok: false,
      fault: "still-live",
      reason: "alice is disabled, BUT THE LINK STILL WORKS: mtproxy apply makes that live",
    });
    expect(failure?.kind).toBe("unhealthy");
    await applyAll(ctx, {});
    expect((await verifyLinks(ctx, { names: ["alice"] })).data.links[0]?.attempts[0]?.reason).toMatch(/enable-user/);
  });

  it("is said beside what ails the proxy", async () => {
    const { ctx, engine } = await afterFailure(({ ctx }) => switchUser(ctx, { name: "alice", enabled: false }));
    for (const shard of engine.shards.values()) shard.readyTargets = 0;
    const { failure, warnings } = await readStatus(ctx);
    expect(failure?.kind).toBe("unhealthy");
    expect(warnings).toEqual([STILL_WORKS, expect.stringContaining("mtproxy plan shows them")]);
  });
});

describe("two people with one key", () => {
  /** Somebody gave bob alice's secret, by hand. */
  async function doubled() {
    const scene = await served();
    const { users } = await scene.ctx.stores.users.read();
    const secret = users.find(({ name }) => name === "alice")?.secret?.key.reveal();
    await scene.ctx.stores.users.update("test", () => ({
      edits: [{ kind: "set", name: "bob", fields: { mtproxy_secret: `dd${secret}` } }],
      result: 0,
    }));
    await applyAll(scene.ctx, {});
    return scene;
  }

  it("are named, with a way out", async () => {
    const { ctx } = await doubled();
    const warning = expect.stringMatching(/"alice" and "bob" have the same key: mtproxy regenerate-user-secret bob/);
    expect((await listUsers(ctx)).warnings).toEqual([warning]);
    expect((await readStatus(ctx)).warnings).toEqual([warning]);
  });

  it.each([
    ["disabling", (ctx: Parameters<typeof switchUser>[0]) => switchUser(ctx, { name: "alice", enabled: false })],
    ["removing", (ctx: Parameters<typeof switchUser>[0]) => removeUser(ctx, { name: "alice" })],
    ["regenerating", (ctx: Parameters<typeof switchUser>[0]) => regenerateUserSecret(ctx, { name: "alice" })],
  ])("%s one does not claim that the link is dead", async (_, change) => {
    const { ctx, alice, works } = await doubled();
    const { failure } = await change(ctx);
    expect(failure).toMatchObject({
      kind: "conflict",
      message: "alice's old link STILL WORKS: bob has the same key",
      hint: "mtproxy regenerate-user-secret bob gives another key",
    });
    expect(await works(alice.link)).toBe(true);
    await regenerateUserSecret(ctx, { name: "bob" });
    expect(await works(alice.link)).toBe(false);
  });

  it("of two modes have one link that works, and none that is printed and does not", async () => {
    const { ctx, works } = await served();
    const { users } = await ctx.stores.users.read();
    const key = users.find(({ name }) => name === "alice")?.secret?.key.reveal();
    const domain = Buffer.from("google.com").toString("hex");
    await ctx.stores.users.update("test", () => ({
      edits: [{ kind: "set", name: "bob", fields: { mtproxy_secret: `ee${key}${domain}` } }],
      result: 0,
    }));
    await applyAll(ctx, {});
    const [alice, bob] = [await addUser(ctx, { name: "alice" }), await addUser(ctx, { name: "bob", fakeTls: true })];
    expect([await works(alice.data.link), bob.data.link]).toEqual([true, null]);
    expect((await verifyLinks(ctx, { names: [] })).data.links.map(({ ok }) => ok)).toEqual([true, false]);
  });
});

describe("links that move", () => {
  it("after a setup that failed are told of and rewritten by whichever command makes them live", async () => {
    const { ctx, engine, alice, home, works } = await served();
    engine.faults.neverReady = true;
    expect((await setUp(ctx, { port: 4443 })).failure?.kind).toBe("engine");
    engine.faults.neverReady = false;
    expect((await showPlan(ctx, {})).data.moves).toContainEqual({ holder: "alice", fromPort: 8443, toPort: 4443 });
    expect(await home.files.readText(alice.files.link)).toContain("port=8443");
    await addUser(ctx, { name: "carol" });
    expect(await home.files.readText(alice.files.link)).toContain("port=4443");
    expect(await works(alice.link?.replace("8443", "4443"))).toBe(true);
    expect((await home.stores.shards.read()).moving).toEqual([]);
  });

  it("there and back are none", async () => {
    const { ctx, engine, alice, home } = await served();
    engine.faults.neverReady = true;
    await setUp(ctx, { port: 4443 });
    engine.faults.neverReady = false;
    expect((await setUp(ctx, { port: 8443 })).failure).toBeUndefined();
    expect(await home.files.readText(alice.files.link)).toContain("port=8443");
    expect((await home.stores.shards.read()).moving).toEqual([]);
  });

  it("to another server are rewritten for everybody by the next command that gets through", async () => {
    const { ctx, engine, alice, home } = await served();
    engine.faults.neverReady = true;
    await setUp(ctx, { publicHost: "198.51.100.9", workers: 2 });
    expect(await home.files.readText(alice.files.link)).toContain("server=203.0.113.7");
    engine.faults.neverReady = false;
    await addUser(ctx, { name: "carol" });
    expect(await home.files.readText(alice.files.link)).toContain("server=198.51.100.9");
  });
});
