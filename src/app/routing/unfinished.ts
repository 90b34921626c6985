import type { Context } from "../../context.ts";
import { instanceAddress } from "../../domain/edge-network.ts";
import { AppError } from "../../domain/errors.ts";
import type { Settings } from "../../domain/settings.ts";
import type { Engine, Instance } from "../../engine/engine.ts";
import type { Haproxy } from "../../haproxy.ts";
import { nameOf } from "./instances.ts";
import { shardBackend } from "./led.ts";

/**
 * Ends instances that a command started beside those that serve, and led nobody to before it was killed: nobody knows whether they
 * work. What is to be replaced is replaced anew.
 */
export async function endUnfinished(ctx: Context, engine: Engine, { edgeSubnet }: Settings): Promise<void> {
  const { edge } = engine;
  if (edge === undefined || edgeSubnet === undefined) return;
  const others = (await edge.others()).filter(({ running }) => running);
  if (others.length === 0 || (await edge.haproxy())?.running !== true) return;
  const haproxy = await ctx.haproxy();
  const serving = await Promise.all(others.map((other) => serves(haproxy, edgeSubnet, other)));
  const shards = new Set(others.filter((_, index) => serving[index]).map(({ shardId }) => shardId));
  await edge.remove((await engine.instances()).filter(({ shardId }) => shards.has(shardId)).map(nameOf));
}

/** Whether people are led to the older one of a shard's two. HAProxy's word for it: it is told last. */
async function serves(haproxy: Haproxy, subnet: string, { shardId, side = "a" }: Instance): Promise<boolean> {
  try {
    const address = instanceAddress(subnet, shardId, side);
    return (await haproxy.servers(shardBackend(shardId))).some((server) => server.address === address);
  } catch (error) {
    // Who does not answer tells nothing: what runs is left alone.
    if (error instanceof AppError) return false;
    throw error;
  }
}
