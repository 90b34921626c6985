import { AppError } from "../../domain/errors.ts";
import type { ProxyStats } from "../../domain/proxy-stats.ts";
import type { Settings } from "../../domain/settings.ts";
import { type ModeFamily, type Shard, shardName } from "../../domain/shard.ts";
import type { Engine, Instance } from "../../engine/engine.ts";

type ShardCondition = "healthy" | "no upstream" | "not answering" | "stopped" | "missing";

export interface ShardStatus {
  readonly shardId: number;
  /** The container's name. */
  readonly name: string;
  readonly condition: ShardCondition;
  readonly port: number;
  readonly family: ModeFamily;
  readonly coverDomains: readonly string[];
  readonly users: number;
  readonly spareSlots: number;
  /** Clients with a live session; null when the shard does not answer. */
  readonly activeConnections: number | null;
  /** Sessions since the process started. */
  readonly totalConnections: number | null;
  readonly uptimeSeconds: number | null;
  readonly readyTargets: number | null;
  readonly declaredTargets: number | null;
  readonly tagSet: boolean | null;
  readonly version: string | null;
}

/** @param keys digits of every key that a user has */
export async function shardStatus(
  engine: Engine,
  shard: Shard,
  keys: ReadonlySet<string>,
  instances: readonly Instance[],
): Promise<ShardStatus> {
  const instance = instances.find(({ shardId }) => shardId === shard.id);
  const stats = instance?.running === true ? await statsOf(engine, shard.id) : undefined;
  return {
    shardId: shard.id,
    name: shardName(shard.id),
    condition: conditionOf(instance, stats),
    port: shard.port,
    family: shard.family,
    coverDomains: shard.coverDomains,
    users: shard.slots.filter(({ key }) => keys.has(key.reveal())).length,
    spareSlots: shard.slots.filter(({ key, holder }) => holder === undefined && !keys.has(key.reveal())).length,
    activeConnections: stats?.activeClients ?? null,
    totalConnections: stats?.clientsSinceStart ?? null,
    uptimeSeconds: stats?.uptime ?? null,
    readyTargets: stats?.readyTargets ?? null,
    declaredTargets: stats?.declaredTargets ?? null,
    tagSet: stats?.tagSet ?? null,
    version: stats?.version ?? null,
  };
}

async function statsOf(engine: Engine, shardId: number): Promise<ProxyStats | undefined> {
  try {
    return await engine.stats(shardId);
  } catch {
    return undefined;
  }
}

function conditionOf(instance: Instance | undefined, stats: ProxyStats | undefined): ShardCondition {
  if (instance === undefined) return "missing";
  if (!instance.running) return "stopped";
  if (stats === undefined) return "not answering";
  return stats.readyTargets > 0 ? "healthy" : "no upstream";
}

/** What is wrong with them; undefined when all serve. */
export function unhealthy(shards: readonly ShardStatus[], settings: Settings): AppError | undefined {
  const ill = shards.filter(({ condition }) => condition !== "healthy");
  if (shards.length > 0 && ill.length === 0) return undefined;
  const isDown = ill.every(({ condition }) => condition === "stopped" || condition === "missing");
  if (isDown && ill.length === shards.length) {
    return new AppError("unhealthy", "the proxy does not run", { hint: "mtproxy start" });
  }
  const message = ill.map(({ name, condition }) => `${name}: ${condition}`).join(", ");
  const ask =
    settings.engine === "docker" ? `docker logs ${ill[0]?.name} shows what the proxy said` : "mtproxy restart";
  return new AppError("unhealthy", message, { hint: isDown ? "mtproxy start" : ask });
}
