import type { Context } from "../../context.ts";
import type { ShardChange } from "../../domain/plan/changes.ts";
import type { Side } from "../../domain/shard.ts";
import type { EdgeEngine, InstanceName } from "../../engine/edge-engine.ts";
import type { Engine, Instance } from "../../engine/engine.ts";
import { inBatches } from "../live/make-live.ts";
import type { Rendering } from "../live/render-deployment.ts";
import { waitUntilHealthy } from "../live/wait-until-healthy.ts";

export function nameOf({ shardId, side = "a" }: Pick<Instance, "shardId" | "side">): InstanceName {
  return { shardId, side };
}

export function sidesOf(instances: readonly Instance[]): Map<number, Side> {
  return new Map(instances.map(({ shardId, side = "a" }) => [shardId, side]));
}

/** The instance that each change starts: beside the one that runs, in its place where that does not run. */
export function targetSides(changes: readonly ShardChange[], sides: ReadonlyMap<number, Side>): Map<number, Side> {
  return new Map(
    changes.flatMap(({ shardId, action }): [number, Side][] => {
      const side = sides.get(shardId) ?? "a";
      if (action === "create" || action === "start") return [[shardId, side]];
      return action === "restart" || action === "replace" ? [[shardId, side === "a" ? "b" : "a"]] : [];
    }),
  );
}

/**
 * Starts the instances and waits until each has a connection to Telegram. What ran goes on running; when one does not become healthy,
 * all that were started are gone again.
 * @throws AppError engine with the proxy's own words
 */
export async function startInstances(
  ctx: Context,
  { engine, rendering, changes }: { engine: Engine; rendering: Rendering; changes: readonly ShardChange[] },
  targets: ReadonlyMap<number, Side>,
  oneByOne: boolean,
): Promise<void> {
  const edge = engine.edge as EdgeEngine;
  const names = [...targets].map(([shardId, side]) => ({ shardId, side }));
  const fresh = names.filter(({ shardId }) => changes.some((it) => it.shardId === shardId && it.action !== "start"));
  // One that still drains from the time before makes room.
  await edge.remove(fresh);
  try {
    for (const batch of inBatches(changes, oneByOne)) {
      const started = batch.filter((id) => targets.has(id));
      const wanted = started.map((shardId) => ({
        shardId,
        side: targets.get(shardId) ?? "a",
        configDigest: rendering.digests.get(shardId) ?? "",
      }));
      await engine.up(wanted, []);
      await waitUntilHealthy(ctx, engine, started, { sides: targets });
    }
  } catch (error) {
    await edge.remove(fresh).catch(() => {});
    throw error;
  }
}
