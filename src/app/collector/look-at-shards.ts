import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import type { EngineSight, InstanceSight, ShardSight, Sight } from "../../domain/numbers/sight.ts";
import { shardName } from "../../domain/shard.ts";
import type { Engine, EngineLook, Instance, InstanceLook } from "../../engine/engine.ts";

/** Every shard with its instances, each with the figures that it tells, and what all of them use; undefined when the engine does not tell. */
export async function lookAtShards(ctx: Context, engine: Engine): Promise<Pick<Sight, "shards" | "resources">> {
  const look = await unlessFailed(() => (engine.look === undefined ? lookAtParts(engine) : engine.look()));
  const { shards } = await ctx.stores.shards.read();
  const seen = shards.map(({ id, family, port }): ShardSight => {
    const instances = look?.instances.filter(({ shardId }) => shardId === id).map(sightOf) ?? [];
    return { id, name: shardName(id), kind: family, port, instances };
  });
  return { shards: look && seen, resources: look?.resources };
}

function sightOf({ side = "a", id, running, stats }: InstanceLook): InstanceSight {
  return { side, id, running, stats };
}

async function lookAtParts(engine: Engine): Promise<EngineLook> {
  const [serving, others, resources] = await Promise.all([
    engine.instances(),
    engine.edge?.others() ?? [],
    unlessFailed(async () => engine.resources?.()),
  ]);
  const instances = await Promise.all([...serving, ...others].map((instance) => lookAtInstance(engine, instance)));
  return { instances, resources };
}

async function lookAtInstance(engine: Engine, instance: Instance): Promise<InstanceLook> {
  const { shardId, side = "a", running } = instance;
  const stats = running ? await unlessFailed(() => engine.stats(shardId, side)) : undefined;
  return { ...instance, ...(stats === undefined ? {} : { stats }) };
}

/** Of an engine that tells people apart. */
export async function lookAtUsers(engine: Engine): Promise<EngineSight> {
  const instances = await unlessFailed(() => engine.instances());
  const process = instances?.find(({ running }) => running);
  const users = process === undefined ? undefined : await unlessFailed(async () => engine.userStats?.());
  const start = `${process?.id} ${process?.startedAt}`;
  return { from: "engine", start, users, running: instances === undefined || process !== undefined };
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
