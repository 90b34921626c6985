import { describe, expect, it } from "vitest";
import { applyPlan } from "../../../src/app/live/apply-plan.ts";
import { inBatches } from "../../../src/app/live/make-live.ts";
import { addUser } from "../../../src/app/people/add-user.ts";
import { setUp } from "../../../src/app/setup/setup.ts";
import { AppError } from "../../../src/domain/errors.ts";
import type { Action, ShardChange } from "../../../src/domain/plan/changes.ts";
import { appScene } from "../../support/app-scene.ts";

const change = (shardId: number, action: Action): ShardChange => ({ shardId, name: "", action, reasons: [] });
const restarts = (count: number) => Array.from({ length: count }, (_, index) => change(index + 1, "restart"));

describe("batches", () => {
  it("start what is new at once, then restart more and more at a time", () => {
    expect(inBatches([change(20, "create"), ...restarts(9), change(21, "start"), change(22, "none")], false)).toEqual([
      [20, 21],
      [1],
      [2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ]);
  });

  it("are of one each where that was asked for", () => {
    expect(inBatches([change(3, "create"), ...restarts(2)], true)).toEqual([[3], [1], [2]]);
  });

  it("leave out what is removed and what stays", () => {
    expect(inBatches([change(1, "none"), change(2, "remove")], false)).toEqual([]);
  });
});

/** A home with a dd and an ee shard, both of which the next change of settings restarts. */
async function twoShards() {
  const scene = await appScene();
  await applyPlan(scene.ctx);
  await addUser(scene.ctx, { name: "alice" });
  await addUser(scene.ctx, { name: "bob", fakeTls: true });
  await setUp(scene.ctx, { workers: 2, start: false });
  scene.engine.started.length = 0;
  return scene;
}

describe("a change of several shards", () => {
  it("whose first restart does not work leaves the others running as they are", async () => {
    const { ctx, engine } = await twoShards();
    const before = engine.shards.get(2)?.id;
    engine.faults.neverReady = true;
    await expect(applyPlan(ctx)).rejects.toMatchObject({ kind: "engine" });
    expect(engine.shards.get(2)?.id).toBe(before);
  });

  it("brings the processes back even when a file cannot be put back, and says which", async () => {
    const { ctx, engine, home } = await twoShards();
    const running = () => [...engine.shards].map(([id, { configDigest }]) => [id, configDigest]);
    const before = running();
    const { write } = home.files;
    let full = false;
    const files = {
      ...home.files,
      write: (path: string, ...rest: [string | Uint8Array]) =>
        full && path.endsWith("/arguments")
          ? Promise.reject(new AppError("environment", "no space is left"))
          : write(path, ...rest),
    };
    const { up } = engine;
    engine.up = async (...args) => {
      await up.apply(engine, args);
      full = true;
    };
    engine.faults.neverReady = true;
    const failure = applyPlan({ ...ctx, files });
    await expect(failure).rejects.toThrow(/arguments could not be put back: no space is left/);
    await expect(failure).rejects.toMatchObject({ hint: expect.not.stringContaining("runs as before") });
    expect(running()).toEqual(before);
  });

  it("touches no process when a file cannot be written, and puts the others back", async () => {
    const { ctx, engine, home, rendered } = await twoShards();
    const before = await rendered();
    const { write } = home.files;
    const files = {
      ...home.files,
      write: (path: string, ...rest: [string | Uint8Array]) =>
        path.includes("mtproxy-2/arguments")
          ? Promise.reject(new AppError("environment", "no space is left"))
          : write(path, ...rest),
    };
    await expect(applyPlan({ ...ctx, files })).rejects.toThrow("no space is left");
    expect(await rendered()).toEqual(before);
    expect(engine.started).toEqual([]);
  });
});
