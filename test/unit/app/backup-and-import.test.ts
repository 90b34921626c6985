import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { applyPlan } from "../../../src/app/live/apply-plan.ts";
import { applyAll } from "../../../src/app/live/run-service.ts";
import { showPlan } from "../../../src/app/live/show-plan.ts";
import { backUp } from "../../../src/app/moving/back-up.ts";
import { importUsers } from "../../../src/app/moving/import-users.ts";
import { restoreBackup } from "../../../src/app/moving/restore-backup.ts";
import { addUser } from "../../../src/app/people/add-user.ts";
import { listUsers } from "../../../src/app/people/list-users.ts";
import { removeUser } from "../../../src/app/people/remove-user.ts";
import { type AppScene, appScene } from "../../support/app-scene.ts";
import { numberedKey } from "../../support/domain.ts";
import { tempFolder } from "../../support/temp-home.ts";

const restore = (ctx: AppScene["ctx"], file: string) =>
  restoreBackup(ctx, { file, passphrase: async () => "", confirm: async () => true });

describe("a restore on an engine of Docker's abilities", () => {
  async function changed() {
    const scene = await appScene();
    await applyPlan(scene.ctx);
    const alice = (await addUser(scene.ctx, { name: "alice" })).data;
    const path = (await backUp(scene.ctx, "test"))?.path ?? "";
    const late = (await addUser(scene.ctx, { name: "late" })).data;
    await removeUser(scene.ctx, { name: "alice" });
    return { ...scene, alice, late, path };
  }

  test("brings back who was there, cuts off who was not, and leaves nothing to do", async () => {
    const { ctx, works, alice, late, path, home } = await changed();
    const { data, failure } = await restore(ctx, path);
    expect([failure, data.difference.comes, data.difference.goes]).toEqual([undefined, ["alice"], ["late"]]);
    expect([await works(alice.link), await works(late.link)]).toEqual([true, false]);
    expect((await showPlan(ctx, {})).data.pending).toBe(false);
    expect((await home.stores.shards.read()).revoking).toEqual([]);
  });

  test("that does not become live says who still gets in, until it is", async () => {
    const { ctx, works, alice, late, path, engine } = await changed();
    engine.faults.neverReady = true;
    const { data, failure } = await restore(ctx, path);
    engine.faults.neverReady = false;
    for (const shard of engine.shards.values()) shard.readyTargets = 1;
    expect([data.restored, failure?.message]).toEqual([true, expect.stringContaining("late STILL HAVE ACCESS")]);
    expect(await works(late.link)).toBe(true);
    expect((await listUsers(ctx)).warnings?.join()).toContain("a key of late is taken away BUT STILL WORKS");
    await applyAll(ctx, {});
    expect([await works(alice.link), await works(late.link)]).toEqual([true, false]);
    expect((await listUsers(ctx)).warnings).toEqual([]);
  });

  test("does not let somebody in again whose key was spare when the backup was made", async () => {
    const { ctx, works, late, path } = await changed();
    await removeUser(ctx, { name: "late" });
    expect(await works(late.link)).toBe(false);
    await restore(ctx, path);
    expect(await works(late.link)).toBe(false);
    const next = await Promise.all(["x", "y", "z"].map(async (name) => (await addUser(ctx, { name })).data.link));
    expect(next).not.toContain(late.link);
    expect(await works(late.link)).toBe(false);
  });

  test("on a home whose book of keys cannot be read trusts no spare key", async () => {
    const { ctx, works, alice, late, path, home } = await changed();
    await home.put(home.paths.shards, "{");
    await restore(ctx, path);
    expect([await works(alice.link), await works(late.link)]).toEqual([true, false]);
  });

  test("on an empty home warns of who got a link since, and shuts them out on demand", async () => {
    for (const newSpares of [false, true]) {
      const { ctx, works, alice, late, path, engine, home } = await changed();
      const elsewhere = join(await tempFolder(), "a.backup");
      await ctx.files.write(elsewhere, (await ctx.files.read(path)) ?? "");
      await ctx.files.removeFolder(home.paths.home);
      await engine.up([], [...engine.shards.keys()]);
      const options = { file: elsewhere, passphrase: async () => "", confirm: async () => true, newSpares };
      const { failure, warnings } = await restoreBackup(ctx, options);
      expect([failure, warnings?.length]).toEqual([undefined, newSpares ? 0 : 1]);
      expect([await works(alice.link), await works(late.link)]).toEqual([true, !newSpares]);
    }
  });

  test("never gives a port again that links of now name", async () => {
    const scene = await appScene();
    await applyPlan(scene.ctx);
    const path = (await backUp(scene.ctx, "test"))?.path ?? "";
    const ee = (await addUser(scene.ctx, { name: "ee", fakeTls: true })).data;
    await restore(scene.ctx, path);
    expect((await scene.home.stores.shards.read()).retiredPorts).toContain(ee.port);
    expect((await addUser(scene.ctx, { name: "new", fakeTls: true })).data.port).not.toBe(ee.port);
  });

  test("asked for and refused changes nothing, and saves nothing", async () => {
    const { ctx, late, works, path } = await changed();
    const { data } = await restoreBackup(ctx, { file: path, passphrase: async () => "", confirm: async () => false });
    expect([data.restored, data.before, await works(late.link)]).toEqual([false, null, true]);
  });
});

describe("an import on an engine of Docker's abilities", () => {
  async function listOf(count: number): Promise<string> {
    const users = Array.from({ length: count }, (_, index) => `"u${index}": "${numberedKey(index).reveal()}"`);
    const path = join(await tempFolder(), "config.py");
    await writeFile(
      path,
      `PORT = 8443\nTLS_DOMAIN = "cdn.example.org"\nMODES = {"tls": True}\nUSERS = {${users.join(", ")}}\n`,
    );
    return path;
  }

  test("spreads forty people over shards in one apply, foretells where, and every link works", async () => {
    const { ctx, works, engine, home } = await appScene();
    await applyPlan(ctx);
    const file = await listOf(40);
    const foreseen = await importUsers(ctx, { file, dryRun: true });
    expect((await home.stores.users.read()).users).toEqual([]);
    engine.started.length = 0;
    const { data, failure } = await importUsers(ctx, { file });
    expect(failure).toBeUndefined();
    expect(data.users).toEqual(foreseen.data.users);
    expect(foreseen.data.cost).toMatchObject({ restarts: 0, processes: 4 });
    expect(engine.started.sort()).toEqual([2, 3, 4]);
    expect([...new Set(data.users.map(({ shardId }) => shardId))]).toEqual([2, 3, 4]);
    const domain = Buffer.from("cdn.example.org").toString("hex");
    for (const [index, { port, link }] of data.users.entries()) {
      expect(link).toBe(port === 8443 ? "same" : "port");
      const secret = `ee${numberedKey(index).reveal()}${domain}`;
      expect(await works(`tg://proxy?server=203.0.113.7&port=${port}&secret=${secret}`)).toBe(true);
    }
  });

  test("that does not become live is saved, and the next apply finishes it", async () => {
    const { ctx, engine, works } = await appScene();
    await applyPlan(ctx);
    engine.faults.neverReady = true;
    const { data, failure } = await importUsers(ctx, { file: await listOf(1) });
    engine.faults.neverReady = false;
    expect([data.users.length, failure?.message]).toEqual([
      1,
      expect.stringContaining("the people are saved, but their links do not work yet"),
    ]);
    await applyAll(ctx, {});
    const secret = `ee${numberedKey(0).reveal()}${Buffer.from("cdn.example.org").toString("hex")}`;
    expect(await works(`tg://proxy?server=203.0.113.7&port=${data.users[0]?.port}&secret=${secret}`)).toBe(true);
  });
});
