import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import type { ProxyStats, UserStats } from "../../domain/proxy-stats.ts";
import type { EngineName } from "../../domain/settings.ts";
import { type Shard, shardName, sharedHolder } from "../../domain/shard.ts";
import type { Engine, Instance } from "../../engine/engine.ts";
import { loadState } from "../load-state.ts";
import type { Outcome } from "../outcome.ts";

/** Figures of one proxy since it started; null where it does not answer, or does not count. */
export interface ShardStats {
  readonly shardId: number;
  readonly name: string;
  readonly port: number;
  readonly running: boolean;
  readonly activeConnections: number | null;
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

export interface HolderStats {
  /** Null for the shared secrets. */
  readonly username: string | null;
  /** One app opens about eight. */
  readonly activeConnections: number;
  readonly totalConnections: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** ISO 8601. */
  readonly lastSeen: string | null;
}

export interface Stats {
  readonly engine: EngineName;
  /** ISO 8601. */
  readonly at: string;
  readonly activeConnections: number;
  readonly totalConnections: number;
  readonly shards: readonly ShardStats[];
  /** Null where the proxies cannot tell people apart. */
  readonly users: readonly HolderStats[] | null;
  /** Why there are no figures of people. */
  readonly usersNote: string | null;
}

/** The C proxy counts all of its clients together. */
const NO_USERS = "figures of each person need HAProxy routing";

/**
 * The figures that the proxies count themselves; they start anew with each proxy.
 * @returns failure `unhealthy` when a proxy does not answer, the engine's own error when it cannot be asked
 */
export async function readStats(ctx: Context): Promise<Outcome<Stats>> {
  const { settings, book } = await loadState(ctx);
  const engine = await ctx.engine(settings);
  const { instances, failure } = await instancesOf(engine);
  const shards = await Promise.all(book.shards.map((shard) => shardStats(engine, shard, instances)));
  const data: Stats = {
    engine: settings.engine,
    at: ctx.clock.now().toISOString(),
    activeConnections: sum(shards, "activeConnections"),
    totalConnections: sum(shards, "totalConnections"),
    shards,
    users: await usersOf(engine, instances),
    usersNote: engine.userStats === undefined ? NO_USERS : null,
  };
  const fault = failure ?? silence(shards);
  return fault === undefined ? { data } : { data, failure: fault };
}

async function instancesOf(engine: Engine): Promise<{ instances: readonly Instance[]; failure?: AppError }> {
  try {
    return { instances: await engine.instances() };
  } catch (error) {
    if (error instanceof AppError) return { instances: [], failure: error };
    throw error;
  }
}

async function shardStats(engine: Engine, { id, port }: Shard, instances: readonly Instance[]): Promise<ShardStats> {
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

/** The busiest first. */
async function usersOf(engine: Engine, instances: readonly Instance[]): Promise<HolderStats[] | null> {
  if (engine.userStats === undefined || !instances.some(({ running }) => running)) return null;
  try {
    const users = (await engine.userStats()).map(holderStats);
    return users.sort((a, b) => b.activeConnections - a.activeConnections || total(b) - total(a));
  } catch (error) {
    if (error instanceof AppError) return null;
    throw error;
  }
}

function holderStats({ holder, connectionsSinceStart, lastSeen, ...rest }: UserStats): HolderStats {
  const { activeConnections, bytesIn, bytesOut } = rest;
  const username = holder === sharedHolder ? null : holder;
  return {
    ...{ username, activeConnections, totalConnections: connectionsSinceStart },
    ...{ bytesIn, bytesOut, lastSeen: lastSeen ?? null },
  };
}

function total({ bytesIn, bytesOut }: HolderStats): number {
  return bytesIn + bytesOut;
}

function sum(shards: readonly ShardStats[], figure: "activeConnections" | "totalConnections"): number {
  return shards.reduce((all, shard) => all + (shard[figure] ?? 0), 0);
}

function silence(shards: readonly ShardStats[]): AppError | undefined {
  if (shards.every(({ running }) => !running))
    return new AppError("unhealthy", "the proxy does not run", { hint: "mtproxy start" });
  const silent = shards.filter(({ activeConnections }) => activeConnections === null);
  if (silent.length === 0) return undefined;
  return new AppError("unhealthy", `no figures of ${silent.map(({ name }) => name).join(", ")}`, {
    hint: "mtproxy doctor finds out why",
  });
}
