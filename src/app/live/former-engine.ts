import { join } from "node:path";
import type { Context } from "../../context.ts";
import { AppError, wordsOf } from "../../domain/errors.ts";
import type { EngineName, Settings } from "../../domain/settings.ts";
import { shardName } from "../../domain/shard.ts";
import type { Engine, Instance } from "../../engine/engine.ts";
import { COMPOSE_PATH, ENV_PATH } from "../../render/docker.ts";
import { TRIAL_CONFIG_PATH } from "../../render/trial-config.ts";

/**
 * A home that changes its engine leaves processes behind, with keys that nobody would revoke there any more, on ports that the new
 * engine needs. What an engine was started from stays in the home until nothing of it runs: by that it is recognised, whenever a
 * command was cut off.
 */
const traces: Readonly<Record<EngineName, string>> = { docker: COMPOSE_PATH, trial: TRIAL_CONFIG_PATH };

/** The engine that served this home before, as long as something of it may still run. */
export async function formerEngine(ctx: Context, { engine }: Settings): Promise<EngineName | undefined> {
  const other = engine === "docker" ? "trial" : "docker";
  const isThere = (await ctx.files.stat(join(ctx.paths.rendered, traces[other]))) !== undefined;
  return isThere ? other : undefined;
}

/** Engines of which something may run for this home, whatever its settings say. */
export async function enginesOf(ctx: Context): Promise<EngineName[]> {
  const names: readonly EngineName[] = ["docker", "trial"];
  const found = await Promise.all(
    names.map(async (name) =>
      (await ctx.files.stat(join(ctx.paths.rendered, traces[name]))) === undefined ? [] : [name],
    ),
  );
  return found.flat();
}

/** For commands that leave it running. */
export async function formerEngineWarnings(ctx: Context, settings: Settings): Promise<string[]> {
  const former = await formerEngine(ctx, settings);
  if (former === undefined) return [];
  return [`what the engine ${former} ran for this home before may STILL LET PEOPLE IN: mtproxy apply ends it`];
}

/** What ran before and is stopped now. */
interface Halted {
  /** Starts the new one and removes what was before for good; when it does not start, what was before runs again. */
  replaceBy<T>(start: () => Promise<T>): Promise<T>;
}

/** Stops what the former engine runs for this home, if there is one. That it cannot be reached is said and stops nobody. */
export async function haltFormerEngine(ctx: Context, settings: Settings): Promise<Halted> {
  const name = await formerEngine(ctx, settings);
  if (name === undefined) return nothingHalted;
  try {
    const engine = await ctx.engine({ ...settings, engine: name });
    await engine.check();
    const instances = await ownInstances(engine);
    await engine.stop(instances.map(({ shardId }) => shardId));
    return halted(ctx, name, engine, instances);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    ctx.progress.warn(outOfReach(ctx, name, error));
    return nothingHalted;
  }
}

const nothingHalted: Halted = { replaceBy: (start) => start() };

/** Where another home's processes are, there are none of this one. */
async function ownInstances(engine: Engine): Promise<readonly Instance[]> {
  try {
    return await engine.instances();
  } catch (error) {
    if (error instanceof AppError && error.kind === "conflict") return [];
    throw error;
  }
}

function halted(ctx: Context, name: EngineName, engine: Engine, before: readonly Instance[]): Halted {
  const ids = (instances: readonly Instance[]) => instances.map(({ shardId }) => shardId);
  return {
    replaceBy: async (start) => {
      const started = await start().catch(async (error: unknown) => {
        await startAgain(ctx, name, engine, ids(before.filter(({ running }) => running)));
        throw error;
      });
      await engine.up([], ids(before));
      await removeRendered(ctx, name);
      if (before.length > 0)
        ctx.progress.step(`ended what ${name} ran before: ${ids(before).map(shardName).join(", ")}`);
      return started;
    },
  };
}

async function startAgain(ctx: Context, name: EngineName, engine: Engine, shardIds: readonly number[]): Promise<void> {
  if (shardIds.length === 0) return;
  try {
    await engine.start(shardIds);
  } catch (error) {
    ctx.progress.warn(`what ${name} ran before could not be started again: ${wordsOf(error)}`);
  }
}

/** Keys go with it. The trace goes last: it says that all of this is still to be done. */
async function removeRendered(ctx: Context, name: EngineName): Promise<void> {
  const { rendered } = ctx.paths;
  const shards = (await ctx.files.list(rendered)).filter((entry) => entry.startsWith(shardName(1)));
  for (const entry of name === "docker" ? [...shards, "scripts"] : [])
    await ctx.files.removeFolder(join(rendered, entry));
  for (const file of name === "docker" ? [ENV_PATH, COMPOSE_PATH] : [TRIAL_CONFIG_PATH])
    await ctx.files.remove(join(rendered, file));
}

function outOfReach(ctx: Context, name: EngineName, { message }: AppError): string {
  const what = name === "docker" ? "ITS CONTAINERS MAY STILL RUN" : "ITS PROCESS MAY STILL RUN";
  return [
    `the engine ${name}, which served this home before, cannot be reached (${message})`,
    `${what} AND LET IN EVERYBODY WHO HAD A LINK, also those who are removed`,
    `mtproxy apply ends them once it can be reached; if it is gone for good: rm ${join(ctx.paths.rendered, traces[name])}`,
  ].join(": ");
}
