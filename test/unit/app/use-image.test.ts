import { describe, expect, it } from "vitest";
import { listImages } from "../../../src/app/images/list-images.ts";
import { useImage } from "../../../src/app/images/use-image.ts";
import { applyPlan } from "../../../src/app/live/apply-plan.ts";
import { showPlan } from "../../../src/app/live/show-plan.ts";
import { addUser } from "../../../src/app/people/add-user.ts";
import { appScene } from "../../support/app-scene.ts";
import { goodImage } from "../../support/deployment.ts";

const NEW = "registry.example/newer:2";

/** A home with a dd and an ee link, and an engine that finds the new image as told. */
async function scene(verdict: Partial<typeof goodImage> = {}) {
  const it = await appScene();
  await applyPlan(it.ctx);
  const alice = (await addUser(it.ctx, { name: "alice" })).data;
  const bob = (await addUser(it.ctx, { name: "bob", fakeTls: true })).data;
  const before = (await it.home.stores.settings.read())?.image;
  it.engine.verdict = { ...goodImage, imageId: "sha256:other", ...verdict };
  return { ...it, alice, bob, before, imageNow: async () => (await it.home.stores.settings.read())?.image };
}

describe("an image that works", () => {
  it("is in use on every shard, and proved by a link of each", async () => {
    const { ctx, imageNow, home, engine, before } = await scene({ digest: "registry.example/newer@sha256:00" });
    engine.started.length = 0;
    const { data, failure } = await useImage(ctx, { image: NEW });
    expect(failure).toBeUndefined();
    expect(data).toMatchObject({ image: NEW, previous: before, changed: true, live: true, proved: 2 });
    expect(await imageNow()).toBe(NEW);
    expect(engine.started.sort()).toEqual([1, 2]);
    expect(await home.files.readText(`${home.paths.rendered}/.env`)).toContain("registry.example/newer@sha256:00");
    expect((await home.files.list(home.paths.backups)).length).toBe(1);
    engine.started.length = 0;
    expect((await useImage(ctx, { image: NEW })).data).toMatchObject({ changed: false, live: true });
    expect(engine.started).toEqual([]);
  });

  it("is only looked at with --dry-run", async () => {
    const { ctx, imageNow, before, home } = await scene();
    expect((await useImage(ctx, { image: NEW, dryRun: true })).data).toMatchObject({ changed: true, live: false });
    expect([await imageNow(), await home.files.list(home.paths.backups)]).toEqual([before, []]);
  });
});

describe("an image that does not work", () => {
  it("with which no proxy gets to Telegram is taken back, and nothing is pending", async () => {
    const { ctx, engine, imageNow, before, alice, bob, works } = await scene();
    const { up } = engine;
    engine.up = async (...args) => {
      // What runs with the new image never gets there; what is brought back does.
      engine.faults.neverReady = (await imageNow()) === NEW;
      await up.apply(engine, args);
    };
    const { data, failure } = await useImage(ctx, { image: NEW });
    expect(data.live).toBe(false);
    expect(failure?.message).toMatch(/^registry\.example\/newer:2 does not work: .*; .* is in use as before$/s);
    expect(await imageNow()).toBe(before);
    engine.faults.neverReady = false;
    for (const shard of engine.shards.values()) shard.readyTargets = 1;
    expect([await works(alice.link), await works(bob.link)]).toEqual([true, true]);
    expect((await showPlan(ctx, { exitCode: true })).failure).toBeUndefined();
  });

  it("with which a link that worked is dead is taken back", async () => {
    const { ctx, imageNow, before } = await scene();
    const { probeLink } = ctx.host;
    const host = {
      ...ctx.host,
      probeLink: async (...args: Parameters<typeof probeLink>) =>
        (await imageNow()) === NEW
          ? { attempts: [{ ok: false, milliseconds: 1, fault: "protocol" as const }] }
          : probeLink(...args),
    };
    const { failure } = await useImage({ ...ctx, host }, { image: NEW });
    expect(failure).toMatchObject({ kind: "unhealthy", message: expect.stringContaining("2 of 2 links that worked") });
    expect(await imageNow()).toBe(before);
    expect((await showPlan(ctx, { exitCode: true })).failure).toBeUndefined();
  });

  it("that cannot serve changes nothing", async () => {
    const { ctx, imageNow, before } = await scene({
      verdict: "unusable",
      reasons: ["there is no mtproto-proxy in it"],
    });
    await expect(useImage(ctx, { image: NEW })).rejects.toMatchObject({ kind: "engine" });
    expect(await imageNow()).toBe(before);
  });

  it("with which somebody's fake-TLS link would be dead is refused by name, but with --force", async () => {
    const { ctx, imageNow } = await scene({ verdict: "padded-only", longHello: false, reasons: ["it is from 2019"] });
    await expect(useImage(ctx, { image: NEW })).rejects.toMatchObject({
      kind: "conflict",
      message: expect.stringContaining("fake-TLS links of bob would be dead"),
    });
    expect((await useImage(ctx, { image: NEW, force: true })).failure).toBeUndefined();
    expect(await imageNow()).toBe(NEW);
  });
});

describe("image list", () => {
  it("names the one in use with its verdict, and those that are published", async () => {
    const { ctx, before } = await scene();
    const { images } = (await listImages(ctx)).data;
    expect(images.find(({ inUse }) => inUse)).toMatchObject({ image: before, verdict: "good", here: false });
    expect(images.map(({ image }) => image)).toContain("telegrammessenger/proxy");
  });
});
