import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import type { EngineSight, InstanceSight, ShardSight } from "../../domain/numbers/sight.ts";
import type { ResourceUse } from "../../domain/resource-use.ts";
import { type Shard, shardName } from "../../domain/shard.ts";
import type { Engine, Instance } from "../../engine/engine.ts";

/** Every shard with its instances, each with the figures that it tells; undefined when the engine cannot be asked. */
export function lookAtShards(ctx: Context, engine: Engine): Promise<ShardSight[] | undefined> {
  return unlessFailed(async () => {
    const [{ shards }, serving, others] = await Promise.all([
      ctx.stores.shards.read(),
      engine.instances(),
      engine.edge?.others() ?? [],
    ]);
    // The one that serves first.
    const instances = [...serving, ...others];
    return Promise.all(shards.map((shard) => lookAtShard(engine, shard, instances)));
  });
}

async function lookAtShard(
  engine: Engine,
  { id, family, port }: Shard,
  instances: readonly Instance[],
): Promise<ShardSight> {
  const own = instances.filter(({ shardId }) => shardId === id);
  const seen = await Promise.all(own.map((instance) => lookAtInstance(engine, instance)));
  return { id, name: shardName(id), kind: family, port, instances: seen };
}

async function lookAtInstance(engine: Engine, { shardId, side, id, running }: Instance): Promise<InstanceSight> {
  const stats = running ? await unlessFailed(() => engine.stats(shardId, side ?? "a")) : undefined;
  return { side: side ?? "a", id, running, stats };
}

/** Of an engine that tells people apart; undefined for one that does not. */
export async function lookAtUsers(engine: Engine): Promise<EngineSight | undefined> {
  if (engine.userStats === undefined) return undefined;
  const instances = await unlessFailed(() => engine.instances());
  const process = instances?.find(({ running }) => running);
  const users = process === undefined ? undefined : await unlessFailed(async () => engine.userStats?.());
  const start = `${process?.id} ${process?.startedAt}`;
  return { from: "engine", start, users, running: instances === undefined || process !== undefined };
}

export function lookAtResources(engine: Engine): Promise<ResourceUse[] | undefined> {
  return unlessFailed(async () => engine.resources?.());
}

/** What cannot be asked is not known: the next look asks again. */
export async function unlessFailed<T>(work: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}
