import { AppError } from "../../domain/errors.ts";
import type { ShardFigures } from "../../domain/numbers/snapshot.ts";
import type { ProxyStats } from "../../domain/proxy-stats.ts";
import { type Shard, shardName } from "../../domain/shard.ts";
import type { Engine, Instance } from "../../engine/engine.ts";

/** Figures of one proxy; null where it does not answer, or does not count. */
export interface ShardStats {
  readonly shardId: number;
  readonly name: string;
  readonly port: number;
  readonly running: boolean;
  readonly activeConnections: number | null;
  /** The daemon counts over restarts, the proxy alone since it started; so are the bytes. */
  readonly totalConnections: number | null;
  /** Open sockets of clients, strangers too. */
  readonly openSockets: number | null;
  readonly uptimeSeconds: number | null;
  readonly readyTargets: number | null;
  readonly declaredTargets: number | null;
  /** Over all sockets: those of clients and those to Telegram. */
  readonly bytesIn: number | null;
  readonly bytesOut: number | null;
  readonly memoryBytes: number | null;
}

/** As the daemon saw it last. */
export function shardOfFigures({ id, kind: _, ...figures }: ShardFigures): ShardStats {
  return { shardId: id, ...figures };
}

/** As the proxy itself says it now. */
export async function askShard(
  engine: Engine,
  { id, port }: Shard,
  instances: readonly Instance[],
): Promise<ShardStats> {
  const running = instances.some((instance) => instance.shardId === id && instance.running);
  const stats = running ? await answerOf(engine, id) : undefined;
  return {
    ...{ shardId: id, name: shardName(id), port, running },
    activeConnections: stats?.activeClients ?? null,
    totalConnections: stats?.clientsSinceStart ?? null,
    openSockets: stats?.openSockets ?? null,
    uptimeSeconds: stats?.uptime ?? null,
    readyTargets: stats?.readyTargets ?? null,
    declaredTargets: stats?.declaredTargets ?? null,
    bytesIn: stats?.bytesIn ?? null,
    bytesOut: stats?.bytesOut ?? null,
    memoryBytes: stats?.residentBytes ?? null,
  };
}

async function answerOf(engine: Engine, shardId: number): Promise<ProxyStats | undefined> {
  try {
    return await engine.stats(shardId);
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

/** What is wrong with them; undefined when all answer. */
export function silence(shards: readonly ShardStats[]): AppError | undefined {
  if (shards.every(({ running }) => !running))
    return new AppError("unhealthy", "the proxy does not run", { hint: "mtproxy start" });
  const silent = shards.filter(({ activeConnections }) => activeConnections === null);
  if (silent.length === 0) return undefined;
  return new AppError("unhealthy", `no figures of ${silent.map(({ name }) => name).join(", ")}`, {
    hint: "mtproxy doctor finds out why",
  });
}
