import { join } from "node:path";
import type { Context } from "../context.ts";
import { shardName } from "../domain/shard.ts";
import type { Engine, Instance } from "../engine/engine.ts";
import { type Applied, type ApplyOptions, applyPlan } from "./apply-plan.ts";
import { loadSettings } from "./load-state.ts";
import type { Outcome } from "./outcome.ts";
import { waitUntilHealthy } from "./wait-until-healthy.ts";

export interface SwitchedService {
  readonly done: "stopped" | "restarted" | "nothing";
  /** Names of the containers (or processes). */
  readonly shards: readonly string[];
}

/** Makes live whatever is pending, and starts what is stopped. */
export async function applyAll(ctx: Context, options: ApplyOptions): Promise<Outcome<Applied>> {
  return { data: await applyPlan(ctx, { ...options, startStopped: true }) };
}

export function stopService(
  ctx: Context,
  options: { readonly dryRun?: boolean | undefined },
): Promise<Outcome<SwitchedService>> {
  return switchService(ctx, "stopped", options, async (engine) => engine.stop());
}

/** The same processes again, with the configuration they have; `apply` is what brings a new one. */
export function restartService(
  ctx: Context,
  options: { readonly dryRun?: boolean | undefined },
): Promise<Outcome<SwitchedService>> {
  return switchService(ctx, "restarted", options, async (engine, instances) => {
    await engine.restart();
    await waitUntilHealthy(
      ctx,
      engine,
      instances.map(({ shardId }) => shardId),
    );
  });
}

async function switchService(
  ctx: Context,
  done: SwitchedService["done"],
  options: { readonly dryRun?: boolean | undefined },
  work: (engine: Engine, instances: readonly Instance[]) => Promise<void>,
): Promise<Outcome<SwitchedService>> {
  const engine = await ctx.engine(await loadSettings(ctx));
  await engine.check();
  return ctx.locks.withLock(
    join(ctx.paths.run, "apply.lock"),
    async () => {
      const instances = await engine.instances();
      if (instances.length === 0)
        return { data: { done: "nothing", shards: [] }, warnings: ["nothing is there yet: mtproxy start"] };
      const data = { done, shards: instances.map(({ shardId }) => shardName(shardId)) };
      if (options.dryRun === true) return { data };
      ctx.putOffInterrupts();
      await work(engine, instances);
      return { data };
    },
    { purpose: "switching the proxy" },
  );
}
