import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Context } from "../../context.ts";
import { AppError, wordsOf } from "../../domain/errors.ts";
import { shardName } from "../../domain/shard.ts";
import type { Engine, Instance } from "../../engine/engine.ts";
import { MULTI_CONF } from "../../render/shard-folder.ts";
import { waitUntilHealthy } from "../live/wait-until-healthy.ts";

/**
 * How a shard gets a new proxy-multi.conf: `write` is for one that is stopped and reads it when it starts, `replace` starts another
 * instance beside it.
 */
export type TakeUp = "reload" | "restart" | "replace" | "write";

/** What can be done to shards that run. */
export interface Means {
  /** The binary re-reads its file on SIGHUP. */
  readonly reloads: boolean;
  /** HAProxy can lead people from one instance to another. */
  readonly replaces?: boolean;
}

/** A shard that does not have the file yet. */
interface LiveStep {
  readonly shardId: number;
  readonly name: string;
  readonly how: TakeUp;
  readonly path: string;
  /** What lay there before. */
  readonly before: Uint8Array;
}

/** A process that re-reads its file has done so within milliseconds. */
const RELOAD_MS = 5000;
/** Time in which a process that got new targets lets go of the old ones and reaches the new (up to 2.5 s were measured). */
const HEALTHY_MS = 30_000;
const PAUSE_MS = 150;

/** Which shards do not run with this proxy-multi.conf, by the md5 that they tell in /stats and by the file in their folder. */
export async function liveSteps(ctx: Context, engine: Engine, conf: Uint8Array, means: Means): Promise<LiveStep[]> {
  const steps = (await engine.instances()).map((instance) => liveStep(ctx, engine, instance, conf, means));
  return (await Promise.all(steps)).filter((step) => step !== undefined);
}

async function liveStep(
  ctx: Context,
  engine: Engine,
  { shardId, running }: Instance,
  conf: Uint8Array,
  means: Means,
): Promise<LiveStep | undefined> {
  const path = join(ctx.paths.rendered, shardName(shardId), MULTI_CONF);
  const before = await ctx.files.read(path);
  if (before === undefined) return undefined;
  const same = Buffer.compare(before, conf) === 0;
  // A process that cannot be asked is taken at its file's word.
  const { md5 = md5Of(before), ready } = running ? await stateOf(engine, shardId) : { ready: false };
  if (same && md5 === md5Of(conf)) return undefined;
  return { shardId, name: shardName(shardId), how: running ? takeUpOf(means, ready) : "write", path, before };
}

/** Of one that has no connection to Telegram nobody can be cut, and a new instance would get none either. */
function takeUpOf({ reloads, replaces }: Means, isReady: boolean): TakeUp {
  if (reloads) return "reload";
  return replaces === true && isReady ? "replace" : "restart";
}

/**
 * Gives shard after shard the file, each healthy before the next is touched. When one that was healthy does not become so
 * again, the old file and configuration come back everywhere.
 * @returns warnings about shards that were unhealthy before and still are: the new file is not to blame, so they keep it
 * @throws AppError engine
 */
export async function makeConfigLive(
  ctx: Context,
  engine: Engine,
  steps: readonly LiveStep[],
  conf: Uint8Array,
): Promise<string[]> {
  const warnings: string[] = [];
  for (const [index, step] of steps.entries()) {
    const wasReady = step.how !== "write" && (await stateOf(engine, step.shardId)).ready;
    try {
      await ctx.files.write(step.path, conf);
      await takeUp(ctx, engine, step, conf);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (!wasReady) warnings.push(`${error.message}; it had no connection to Telegram before either`);
      else throw await goBack(ctx, engine, steps.slice(0, index + 1), error);
    }
  }
  return warnings;
}

async function takeUp(ctx: Context, engine: Engine, step: LiveStep, conf: Uint8Array): Promise<void> {
  const { shardId, name, how } = step;
  if (how === "write") return;
  if (how === "reload" && (await reloaded(ctx, engine, step, conf))) return;
  ctx.progress.step(`restarting ${name} with the new ${MULTI_CONF}…`);
  await engine.restart([shardId]);
  await waitUntilHealthy(ctx, engine, [shardId], { patienceMs: HEALTHY_MS });
  if (!(await hasTaken(ctx, engine, shardId, conf, RELOAD_MS))) throw notTaken(name);
}

/** False when the process does not take the file: only a restart helps then. */
async function reloaded(ctx: Context, engine: Engine, { shardId, name }: LiveStep, conf: Uint8Array): Promise<boolean> {
  await engine.reload(shardId);
  if (!(await hasTaken(ctx, engine, shardId, conf, RELOAD_MS))) return false;
  ctx.progress.step(`${name} has read the new ${MULTI_CONF}`);
  // Only now: right after a reload connections to the old targets still count.
  await ctx.clock.sleep(PAUSE_MS);
  if (await poll(ctx, HEALTHY_MS, async () => (await stateOf(engine, shardId)).ready)) return true;
  throw new AppError("engine", `${name} has no connection to Telegram with the new ${MULTI_CONF}`);
}

function hasTaken(
  ctx: Context,
  engine: Engine,
  shardId: number,
  conf: Uint8Array,
  patienceMs: number,
): Promise<boolean> {
  return poll(ctx, patienceMs, async () => (await stateOf(engine, shardId)).md5 === md5Of(conf));
}

async function poll(ctx: Context, patienceMs: number, isDone: () => Promise<boolean>): Promise<boolean> {
  const deadline = ctx.clock.now().getTime() + patienceMs;
  while (!(await isDone())) {
    if (ctx.clock.now().getTime() > deadline) return false;
    await ctx.clock.sleep(PAUSE_MS);
  }
  return true;
}

/** What a process tells of itself; a silent one is not ready. */
async function stateOf(engine: Engine, shardId: number): Promise<{ ready: boolean; md5: string | undefined }> {
  try {
    const { readyTargets, configMd5 } = await engine.stats(shardId);
    return { ready: readyTargets > 0, md5: configMd5 };
  } catch {
    return { ready: false, md5: undefined };
  }
}

/** Everything as it was, as far as it can be done, and the error that says so. */
async function goBack(ctx: Context, engine: Engine, steps: readonly LiveStep[], error: AppError): Promise<AppError> {
  const failures: string[] = [];
  for (const step of steps) {
    try {
      await ctx.files.write(step.path, step.before);
      await takeUp(ctx, engine, step, step.before);
    } catch (failure) {
      failures.push(wordsOf(failure));
    }
  }
  const outcome = failures.length === 0 ? "the one before is back" : `and the one before: ${failures.join("; ")}`;
  return new AppError(error.kind, `the new ${MULTI_CONF} does not work, ${outcome}. ${error.message}`, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    cause: error,
  });
}

function notTaken(name: string): AppError {
  return new AppError("engine", `${name} runs, but not with the new ${MULTI_CONF}`);
}

function md5Of(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("hex");
}
