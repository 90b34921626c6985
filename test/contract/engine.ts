import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { AppError } from "../../src/domain/errors.ts";
import type { Engine, Instance, ShardTarget } from "../../src/engine/engine.ts";

/** What the suite needs of an engine's surroundings. */
export interface EngineSetting {
  readonly engine: Engine;
  /**
   * Renders so many shards (1, 2 …) where the engine finds them. `variant` goes into the configuration of shard 1 only, so that
   * its digest differs between variants and those of the others do not.
   */
  deploy(shards: number, variant: string): Promise<ShardTarget[]>;
  /** Ends and removes everything that this setting made. */
  dispose(): Promise<void>;
}

/**
 * The behaviour that every engine shows, whatever it runs shards with.
 * @param shards how many may run at the same time: the suite uses two where it can
 */
export function describeEngine(name: Engine["name"], shards: 1 | 2, make: () => Promise<EngineSetting>): void {
  describe(`the engine ${name}`, () => {
    let setting: EngineSetting;
    let engine: Engine;

    beforeAll(async () => {
      setting = await make();
      engine = setting.engine;
    });
    afterAll(() => setting?.dispose());
    beforeEach(async () => {
      const ids = (await engine.instances()).map(({ shardId }) => shardId);
      await engine.up([], ids);
    });

    const byShard = async (): Promise<Map<number, Instance>> =>
      new Map((await engine.instances()).map((instance) => [instance.shardId, instance]));
    const instance = async (shardId: number): Promise<Instance> => {
      const found = (await byShard()).get(shardId);
      return found ?? expect.fail(`shard ${shardId} has no instance`);
    };
    const deployed = async (variant = "a"): Promise<ShardTarget[]> => {
      const targets = await setting.deploy(shards, variant);
      await engine.up(targets, []);
      return targets;
    };
    const settled = async (): Promise<void> => {
      await expect.poll(() => answers(engine, 1), { timeout: 20_000, interval: 100 }).toBe(true);
    };

    test("is there, with nothing of ours in it at first", async () => {
      await expect(engine.check()).resolves.toBeUndefined();
      expect(await engine.instances()).toEqual([]);
      expect(engine.name).toBe(name);
    });

    test("runs what was rendered, and says which configuration each instance runs", async () => {
      const targets = await deployed();
      const instances = await byShard();
      expect([...instances.keys()].sort()).toEqual(targets.map(({ shardId }) => shardId));
      for (const { shardId, configDigest } of targets) {
        expect(instances.get(shardId)).toMatchObject({ running: true, configDigest, restarts: 0 });
        expect(Date.parse(instances.get(shardId)?.startedAt ?? "")).toBeGreaterThan(Date.now() - 60_000);
      }
    });

    test("does nothing when it is told the same a second time", async () => {
      const targets = await deployed();
      const before = await engine.instances();
      await engine.up(targets, []);
      expect(await engine.instances()).toEqual(before);
    });

    if (shards > 1) {
      test("touches no instance that it was not told to", async () => {
        await deployed("a");
        const before = await instance(2);
        const targets = await setting.deploy(2, "b");
        await engine.up([targets[0] ?? expect.fail("shard 1 is rendered")], []);
        expect((await instance(1)).configDigest).toBe(targets[0]?.configDigest);
        expect(await instance(2)).toEqual(before);
      });

      test("ends exactly the instances of shards that are removed", async () => {
        await deployed();
        const before = await instance(1);
        await setting.deploy(1, "a");
        await engine.up([], [2]);
        expect(await engine.instances()).toEqual([before]);
        await expect(engine.up([], [2])).resolves.toBeUndefined();
      });
    }

    test("makes a changed configuration live", async () => {
      await deployed("a");
      const targets = await setting.deploy(shards, "b");
      await engine.up(targets.slice(0, 1), []);
      expect(await instance(1)).toMatchObject({ running: true, configDigest: targets[0]?.configDigest });
      await settled();
    });

    test("keeps stopped instances, and starts them as they were", async () => {
      const [target] = await deployed();
      await engine.stop();
      for (const { running } of await engine.instances()) expect(running).toBe(false);
      expect((await engine.instances()).length).toBe(shards);
      await engine.start();
      expect(await instance(1)).toMatchObject({ running: true, configDigest: target?.configDigest });
      await settled();
    });

    test("takes a second stop and a second start for what they are", async () => {
      await deployed();
      await engine.stop();
      await engine.stop();
      await engine.start();
      const before = await engine.instances();
      await engine.start();
      expect(await engine.instances()).toEqual(before);
    });

    test("starts what was stopped when it is told to run it", async () => {
      const targets = await deployed();
      await engine.stop();
      await engine.up(targets, []);
      expect(await instance(1)).toMatchObject({ running: true, configDigest: targets[0]?.configDigest });
    });

    test("restarts: the same configuration, started later", async () => {
      const [target] = await deployed();
      const before = await instance(1);
      await engine.restart([1]);
      const after = await instance(1);
      expect(after).toMatchObject({ running: true, configDigest: target?.configDigest });
      expect(Date.parse(after.startedAt ?? "")).toBeGreaterThan(Date.parse(before.startedAt ?? ""));
      await settled();
    });

    test("tells the figures of a shard that runs", async () => {
      await deployed();
      await settled();
      const stats = await engine.stats(1);
      expect(stats).toMatchObject({ workers: 0, activeClients: 0 });
      expect(stats.startTime).toBeGreaterThan(Date.now() / 1000 - 60);
      expect(stats.version).not.toBe("");
    });

    test("tells what its processes use, and nothing of one that does not run", async () => {
      // An engine without processes has nothing to tell.
      if (engine.resources === undefined) return expect(name).toBe("memory");
      await deployed();
      await settled();
      const before = await engine.resources();
      expect(before.length).toBe(shards);
      for (const { cpuSeconds, memoryBytes } of before) {
        expect(cpuSeconds).toBeGreaterThan(0);
        expect(cpuSeconds).toBeLessThan(60);
        expect(memoryBytes).toBeGreaterThan(1e6);
      }
      const after = new Map((await engine.resources()).map((use) => [use.name, use]));
      for (const { name, start, cpuSeconds } of before) {
        expect(after.get(name)).toMatchObject({ start });
        expect(after.get(name)?.cpuSeconds).toBeGreaterThanOrEqual(cpuSeconds);
      }
      await engine.stop();
      expect(await engine.resources()).toEqual([]);
    });

    test("tells at one look what its parts tell by themselves", async () => {
      // Where parts cost little nobody needs to look at all of them at once.
      if (engine.look === undefined) return expect(name).not.toBe("docker");
      await deployed();
      await settled();
      const look = await engine.look();
      const parts = await byShard();
      expect(look.instances.map(({ shardId, id }) => [shardId, id])).toEqual([...parts].map(([id, it]) => [id, it.id]));
      for (const { shardId, running, stats } of look.instances) {
        const { startTime, version } = await engine.stats(shardId);
        expect({ running, stats }).toMatchObject({ running: true, stats: { startTime, version, workers: 0 } });
      }
      expect(look.resources?.map((use) => use.name)).toEqual((await engine.resources?.())?.map((use) => use.name));
      await engine.restart([1]);
      await settled();
      expect((await engine.look()).instances.find(({ shardId }) => shardId === 1)?.stats).toMatchObject({ workers: 0 });
      await engine.stop();
      const stopped = await engine.look();
      expect(stopped.resources).toEqual([]);
      for (const it of stopped.instances) expect(it).not.toHaveProperty("stats");
    });

    test("says so when a shard does not run, or is not there at all", async () => {
      await expect(engine.stats(1)).rejects.toSatisfy(isEngineError);
      await deployed();
      await engine.stop();
      await expect(engine.stats(1)).rejects.toSatisfy(isEngineError);
    });

    test("hands out what the proxy printed, the last lines when asked", async () => {
      await deployed();
      await settled();
      await expect.poll(() => linesOf(engine, {}), { timeout: 10_000 }).not.toEqual([]);
      const all = await linesOf(engine, {});
      expect(await linesOf(engine, { tail: 1 })).toEqual(all.slice(-1));
    });

    test("follows what the proxy prints until the reader has enough", async () => {
      await deployed();
      await settled();
      const read: string[] = [];
      for await (const line of engine.logs(1, { follow: true })) {
        read.push(line);
        break;
      }
      expect(read).toEqual((await linesOf(engine, {})).slice(0, 1));
    });

    test("reloads without a restart", async () => {
      await deployed();
      await settled();
      const before = await instance(1);
      await engine.reload(1);
      expect(await instance(1)).toEqual(before);
      await settled();
    });
  });
}

async function answers(engine: Engine, shardId: number): Promise<boolean> {
  return engine.stats(shardId).then(
    () => true,
    () => false,
  );
}

async function linesOf(engine: Engine, options: { tail?: number }): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of engine.logs(1, options)) lines.push(line);
  return lines;
}

function isEngineError(error: unknown): boolean {
  return error instanceof AppError && error.kind === "engine" && error.message !== "";
}
