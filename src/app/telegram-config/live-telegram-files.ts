import { join } from "node:path";
import type { Context } from "../../context.ts";
import type { TelegramFiles } from "../../domain/deployment.ts";
import { AppError } from "../../domain/errors.ts";
import type { Settings } from "../../domain/settings.ts";
import { shardName } from "../../domain/shard.ts";
import { telegramFileNames } from "../../domain/telegram-record.ts";
import type { Engine, Instance } from "../../engine/engine.ts";
import { type ApplyOptions, applyPlan } from "../live/apply-plan.ts";
import { liveSteps, type Means, makeConfigLive, type TakeUp } from "./live-config.ts";

/** What is done to one proxy. */
export interface LiveShard {
  readonly name: string;
  readonly how: TakeUp;
}

/** Files that were stored, and those that they replaced. */
interface FilesChange {
  readonly before: TelegramFiles | undefined;
  readonly next: TelegramFiles;
  readonly changed: boolean;
}

/** How it ended. */
interface BroughtLive {
  readonly shards: readonly LiveShard[];
  readonly warnings: readonly string[];
  readonly failure?: AppError;
  /** The files before are back, in the store and in the proxies. */
  readonly isTakenBack: boolean;
}

const NOTHING: BroughtLive = { shards: [], warnings: [], isTakenBack: false };

/**
 * Makes Telegram's files live in every proxy that runs with others: proxy-multi.conf by a reload where the binary can, else by a
 * restart; a new proxy-secret takes a restart always. Behind HAProxy another instance takes over instead of a restart. When that
 * fails, the files before come back.
 */
export async function bringFilesLive(
  ctx: Context,
  settings: Settings,
  change: FilesChange,
  dryRun: boolean,
): Promise<BroughtLive> {
  // The trial engine talks to the datacenters themselves and reads neither file.
  if (settings.engine === "trial") return NOTHING;
  try {
    const engine = await ctx.engine(settings);
    await engine.check();
    const instances = await engine.instances();
    if (instances.length === 0) return NOTHING;
    return await takeUp(ctx, engine, instances, change, dryRun);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return dryRun ? { ...NOTHING, failure: error } : failed(ctx, change, error);
  }
}

/** First who reads another proxy-secret, which takes a restart and brings both files; then who runs with another proxy-multi.conf. */
async function takeUp(
  ctx: Context,
  engine: Engine,
  instances: readonly Instance[],
  { next }: FilesChange,
  dryRun: boolean,
): Promise<BroughtLive> {
  const means = await meansOf(ctx, engine);
  const outdated = await withOtherSecret(ctx, instances, next.proxySecret);
  const renewed = dryRun ? outdated.map((it) => wouldRenew(it, means)) : await renew(ctx, outdated, {});
  const steps = (await liveSteps(ctx, engine, next.proxyMultiConf, means)).filter(
    ({ name }) => !dryRun || !renewed.some((shard) => shard.name === name),
  );
  const shards = [...renewed, ...steps.map(({ name, how }) => ({ name, how }))];
  if (dryRun) return { ...NOTHING, shards };
  const replaced = steps.filter(({ how }) => how === "replace");
  await renew(ctx, replaced, { outdated: replaced.map(({ shardId }) => shardId) });
  const others = steps.filter(({ how }) => how !== "replace");
  return { ...NOTHING, shards, warnings: await makeConfigLive(ctx, engine, others, next.proxyMultiConf) };
}

async function meansOf(ctx: Context, engine: Engine): Promise<Means> {
  const reloads = (await ctx.stores.engineRecord.read()).image?.reloads === true;
  return { reloads, replaces: (await engine.edge?.haproxy())?.running === true };
}

function wouldRenew({ shardId }: Instance, { replaces }: Means): LiveShard {
  return { name: shardName(shardId), how: replaces === true ? "replace" : "restart" };
}

/** Starts shards anew, each healthy before the next. Gives those that were. */
async function renew(ctx: Context, shards: readonly unknown[], options: ApplyOptions): Promise<LiveShard[]> {
  if (shards.length === 0) return [];
  const { changes } = await applyPlan(ctx, { oneByOne: true, ...options });
  return changes.flatMap(({ name, action }) =>
    action === "restart" || action === "replace" ? [{ name, how: action }] : [],
  );
}

/** Running proxies of this home that read another proxy-secret. One that is stopped gets it with the apply that starts it. */
async function withOtherSecret(
  ctx: Context,
  instances: readonly Instance[],
  proxySecret: Uint8Array,
): Promise<Instance[]> {
  const rendered = ({ shardId }: Instance) =>
    ctx.files.read(join(ctx.paths.rendered, shardName(shardId), telegramFileNames.proxySecret));
  const running = instances.filter((instance) => instance.running);
  const secrets = await Promise.all(running.map(rendered));
  return running.filter((_, index) => {
    const secret = secrets[index];
    return secret !== undefined && Buffer.compare(secret, proxySecret) !== 0;
  });
}

/**
 * An engine that cannot be reached, or that serves another home, says nothing against the files: they stay, and the next run makes
 * them live.
 */
async function failed(ctx: Context, { before, changed }: FilesChange, error: AppError): Promise<BroughtLive> {
  if (error.kind === "environment" || error.kind === "conflict")
    return changed ? { ...NOTHING, failure: notLive(error) } : NOTHING;
  if (changed && before !== undefined) await ctx.stores.telegram.restore(before);
  return { ...NOTHING, isTakenBack: true, failure: takenBack(error) };
}

function notLive(error: AppError): AppError {
  return new AppError(error.kind, `Telegram's new files are saved, but no proxy has them yet: ${error.message}`, {
    hint: [error.hint, "then mtproxy refresh-config makes them live"].filter(Boolean).join("; "),
    cause: error,
  });
}

function takenBack(error: AppError): AppError {
  return new AppError(error.kind, error.message, {
    hint: "the files before are in use again; mtproxy refresh-config tries the new ones once more",
    cause: error,
  });
}
