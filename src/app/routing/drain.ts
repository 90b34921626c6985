import { join } from "node:path";
import type { Context } from "../../context.ts";
import { AppError, wordsOf } from "../../domain/errors.ts";
import type { Settings } from "../../domain/settings.ts";
import type { InstanceName } from "../../engine/edge-engine.ts";
import type { Engine, Instance } from "../../engine/engine.ts";
import { loadSettings } from "../load-state.ts";
import { nameOf } from "./instances.ts";

/** Instances that nobody is led to any more, by the engine's id: since when (ISO 8601). */
type Draining = Readonly<Record<string, string>>;

/** Told which instances were ended. */
type OnEnded = (instances: readonly InstanceName[]) => Promise<void>;

/** How long a connection that HAProxy has just led to an instance needs to show there. */
const ARRIVAL_MS = 1000;

/**
 * For whoever has just led people to the instances that serve, under apply's lock: notes that the others drain, and ends those that
 * have no clients any more or had their time. What is left goes on until the daemon or the timer looks again.
 * @param planned ids of the shards that there shall be
 * @returns how many are left
 */
export async function drain(ctx: Context, engine: Engine, planned: ReadonlySet<number>): Promise<number> {
  const surplus = await surplusInstances(engine, planned);
  const [before, now] = [await readDraining(ctx), ctx.clock.now().toISOString()];
  await writeDraining(ctx, before, Object.fromEntries(surplus.map(({ id }) => [id, before[id] ?? now])));
  if (surplus.length > 0) await ctx.clock.sleep(ARRIVAL_MS);
  return drainNoted(ctx, engine);
}

/** The same for whoever only looks: touches nothing but what a command has led everybody away from. */
export async function drainNoted(ctx: Context, engine: Engine, onEnded?: OnEnded): Promise<number> {
  const notes = await readDraining(ctx);
  if (Object.keys(notes).length === 0 || engine.edge === undefined) return 0;
  const all = [...(await engine.instances()), ...(await engine.edge.others())];
  const draining = all.filter(({ id }) => notes[id] !== undefined);
  const { drainSeconds } = await loadSettings(ctx);
  const deadline = ctx.clock.now().getTime() - drainSeconds * 1000;
  const isOver = await Promise.all(
    draining.map(async (it) => Date.parse(notes[it.id] ?? "") < deadline || (await clientsOf(engine, it)) === 0),
  );
  const ended = draining.filter((_, index) => isOver[index]);
  await engine.edge.remove(ended.map(nameOf));
  const left = draining.filter((it) => !ended.includes(it));
  await writeDraining(ctx, notes, Object.fromEntries(left.map(({ id }) => [id, notes[id] ?? ""])));
  if (ended.length > 0) await onEnded?.(ended.map(nameOf));
  return left.length;
}

/** Instances that nobody is to be led to: replaced ones, and those of shards that are gone. */
export async function surplusInstances(engine: Engine, planned: ReadonlySet<number>): Promise<Instance[]> {
  const gone = (await engine.instances()).filter(({ shardId }) => !planned.has(shardId));
  return [...gone, ...((await engine.edge?.others()) ?? [])];
}

/** Of shards that are gone: whether their instance is one that drains. */
export async function drainingShards(ctx: Context, instances: readonly Instance[]): Promise<ReadonlySet<number>> {
  const notes = await readDraining(ctx);
  return new Set(instances.filter(({ id }) => notes[id] !== undefined).map(({ shardId }) => shardId));
}

/** Clients of the instances beside those that serve, by shard; without those of one that does not answer. */
export async function clientsBeside(engine: Engine): Promise<Map<number, number>> {
  const others = (await engine.edge?.others()) ?? [];
  const counts = await Promise.all(others.map(async (it) => [it.shardId, await clientsOf(engine, it)] as const));
  return new Map(counts.flatMap(([id, count]) => (count === undefined ? [] : [[id, count]])));
}

/** Undefined for one that does not answer, which may still have some. */
async function clientsOf(engine: Engine, { running, shardId, side }: Instance): Promise<number | undefined> {
  if (!running) return 0;
  try {
    return (await engine.stats(shardId, side ?? "a")).activeClients;
  } catch {
    return undefined;
  }
}

/**
 * Between commands: under apply's lock, and not at all while a command has it, which looks itself. Asks the engine nothing while
 * nothing drains.
 */
export async function drainBetween(ctx: Context, settings: Settings, onEnded?: OnEnded): Promise<void> {
  if (Object.keys(await readDraining(ctx)).length === 0) return;
  const lock = join(ctx.paths.run, "apply.lock");
  const work = async () => drainNoted(ctx, await ctx.engine(settings), onEnded);
  try {
    await ctx.locks.withLock(lock, work, { purpose: "ending what was replaced", waitMs: 0 });
  } catch (error) {
    if (!(error instanceof AppError) || error.kind !== "conflict") throw error;
  }
}

/** After everything is live: that something which was replaced goes on for a while is no reason to take it back. */
export async function drainAfterwards(ctx: Context, engine: Engine, planned: ReadonlySet<number>): Promise<void> {
  try {
    await drain(ctx, engine, planned);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    ctx.progress.warn(`what was replaced is not ended yet, the timer tries again: ${wordsOf(error)}`);
  }
}

/** Nothing is led anywhere any more. */
export async function forgetDraining(ctx: Context): Promise<void> {
  await ctx.files.remove(noteOf(ctx));
}

function noteOf(ctx: Context): string {
  return join(ctx.paths.run, "draining.json");
}

async function readDraining(ctx: Context): Promise<Draining> {
  try {
    const notes: unknown = JSON.parse((await ctx.files.readText(noteOf(ctx))) ?? "{}");
    const entries = typeof notes === "object" && notes !== null ? Object.entries(notes) : [];
    return Object.fromEntries(entries.filter(([, since]) => !Number.isNaN(Date.parse(String(since)))));
  } catch {
    // What is no note is written anew with the next apply.
    return {};
  }
}

async function writeDraining(ctx: Context, before: Draining, after: Draining): Promise<void> {
  if (JSON.stringify(before) === JSON.stringify(after)) return;
  if (Object.keys(after).length === 0) await ctx.files.remove(noteOf(ctx));
  else await ctx.files.write(noteOf(ctx), JSON.stringify(after), { mode: 0o600 });
}
