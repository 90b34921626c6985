import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import type { Snapshot } from "../../domain/numbers/snapshot.ts";
import type { EngineName, Settings } from "../../domain/settings.ts";
import type { ShardBook } from "../../domain/shard.ts";
import type { Engine, Instance } from "../../engine/engine.ts";
import { readSnapshot } from "../collector/snapshot-file.ts";
import { loadState } from "../load-state.ts";
import type { Outcome } from "../outcome.ts";
import { type HolderStats, holderOfFigures, holderOfProxy, holderOfShared } from "./holder-stats.ts";
import { askShard, type ShardStats, shardOfFigures, silence } from "./shard-stats.ts";
import { sortPeople } from "./sort-people.ts";

/** What is the case now, and what was since somebody began to count. */
export interface Stats {
  readonly engine: EngineName;
  /** ISO 8601: when they were taken. */
  readonly at: string;
  /** Who counted: the daemon over all restarts, or the proxies themselves since they started. */
  readonly source: "daemon" | "proxies";
  /** Null where proxies run and none answers. */
  readonly activeConnections: number | null;
  readonly totalConnections: number | null;
  readonly shards: readonly ShardStats[];
  /** The busiest first; null where nobody tells people apart. */
  readonly users: readonly HolderStats[] | null;
  /** Why there are no figures of people. */
  readonly usersNote: string | null;
}

/** The C proxy counts all of its clients together. */
const NO_USERS = "figures of each person need HAProxy routing";
const NO_DAEMON = "figures of each person need the daemon: mtproxy status says how to start it";

/**
 * The daemon's last look; where it does not run, what the proxies count themselves.
 * @returns failure `unhealthy` when a proxy does not answer, the engine's own error when it cannot be asked
 */
export async function readStats(ctx: Context): Promise<Outcome<Stats>> {
  const [{ settings, book }, snapshot] = await Promise.all([loadState(ctx), readSnapshot(ctx)]);
  // Another routing, or shards that the daemon could not ask: whoever is asked now knows better.
  const isCurrent = snapshot?.routing === settings.routing && (snapshot.shards.length > 0 || book.shards.length === 0);
  return isCurrent ? statsOf(snapshot, settings) : askProxies(ctx, settings, book);
}

function statsOf({ at, proxy, ...seen }: Snapshot, { engine }: Settings): Outcome<Stats> {
  const shards = seen.shards.map(shardOfFigures);
  const data: Stats = {
    ...{ engine, at, source: "daemon", shards },
    activeConnections: proxy.activeConnections ?? ofSilent(shards),
    totalConnections: proxy.totalConnections,
    users: seen.usersNote === null ? sortPeople(holdersOf(seen), "active") : null,
    usersNote: seen.usersNote,
  };
  return withFault(data, silence(shards));
}

/** Everybody, and the shared secrets where somebody has used one. */
function holdersOf({ users, shared = null }: Pick<Snapshot, "users" | "shared">): HolderStats[] {
  return [...users.map(holderOfFigures), ...(shared === null ? [] : [holderOfShared(shared)])];
}

async function askProxies(ctx: Context, settings: Settings, book: ShardBook): Promise<Outcome<Stats>> {
  const engine = await ctx.engine(settings);
  const { instances, failure } = await instancesOf(engine);
  const shards = await Promise.all(book.shards.map((shard) => askShard(engine, shard, instances)));
  const data: Stats = {
    engine: settings.engine,
    at: ctx.clock.now().toISOString(),
    source: "proxies",
    activeConnections: sum(shards, "activeConnections"),
    totalConnections: sum(shards, "totalConnections"),
    shards,
    users: await usersOf(engine, instances),
    usersNote: engine.userStats === undefined ? (settings.routing === "edge" ? NO_DAEMON : NO_USERS) : null,
  };
  return withFault(data, failure ?? silence(shards));
}

function withFault(data: Stats, failure: AppError | undefined): Outcome<Stats> {
  return failure === undefined ? { data } : { data, failure };
}

async function instancesOf(engine: Engine): Promise<{ instances: readonly Instance[]; failure?: AppError }> {
  try {
    return { instances: await engine.instances() };
  } catch (error) {
    if (error instanceof AppError) return { instances: [], failure: error };
    throw error;
  }
}

/** The busiest first. */
async function usersOf(engine: Engine, instances: readonly Instance[]): Promise<HolderStats[] | null> {
  if (engine.userStats === undefined || !instances.some(({ running }) => running)) return null;
  try {
    return sortPeople((await engine.userStats()).map(holderOfProxy), "active");
  } catch (error) {
    if (error instanceof AppError) return null;
    throw error;
  }
}

function sum(shards: readonly ShardStats[], figure: "activeConnections" | "totalConnections"): number | null {
  const known = shards.flatMap((shard) => shard[figure] ?? []);
  return known.length === 0 ? ofSilent(shards) : known.reduce((all, count) => all + count, 0);
}

/** What does not run has nobody; what runs and does not answer may have. */
function ofSilent(shards: readonly ShardStats[]): number | null {
  return shards.some(({ running }) => running) ? null : 0;
}
