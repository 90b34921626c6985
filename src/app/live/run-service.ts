import { join } from "node:path";
import type { Context, HostContext } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { accessWarnings } from "../../domain/plan/revoked.ts";
import { shardName } from "../../domain/shard.ts";
import type { Engine, Instance } from "../../engine/engine.ts";
import { loadSettings } from "../load-state.ts";
import type { Outcome } from "../outcome.ts";
import type { AskRenewal } from "../routing/renewal.ts";
import type { Applied } from "./applied.ts";
import { type ApplyOptions, applyPlan } from "./apply-plan.ts";
import { findBacklog } from "./backlog.ts";
import { formerEngineWarnings } from "./former-engine.ts";
import { planState } from "./plan-state.ts";
import { waitUntilHealthy } from "./wait-until-healthy.ts";

type Switch = "stopped" | "restarted";

export interface SwitchedService {
  readonly done: Switch | "nothing";
  /** Names of the containers (or processes). */
  readonly shards: readonly string[];
}

/** Makes live whatever is pending, and starts what is stopped, with what runs beside HAProxy. */
export async function applyAll(
  ctx: HostContext,
  { mayRenew, ...options }: ApplyOptions & { readonly mayRenew?: AskRenewal },
): Promise<Outcome<Applied>> {
  const beforeHaproxy = async () => {
    const { servicesFor } = await import("../setup/bring-edge-live.ts");
    await servicesFor(ctx, await loadSettings(ctx))();
  };
  const renewsHaproxy = options.dryRun === true ? undefined : await mayRenew?.();
  const all = { ...options, startStopped: true, whole: true, beforeHaproxy };
  const data = await applyPlan(ctx, { ...all, renewsHaproxy: renewsHaproxy === true });
  return { data, warnings: renewsHaproxy === false ? [AS_BEFORE] : [] };
}

const AS_BEFORE = "HAProxy's container is as it was: mtproxy apply asks again";

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
  done: Switch,
  options: { readonly dryRun?: boolean | undefined },
  work: (engine: Engine, instances: readonly Instance[]) => Promise<void>,
): Promise<Outcome<SwitchedService>> {
  const settings = await loadSettings(ctx);
  const engine = await ctx.engine(settings);
  await engine.check();
  return ctx.locks.withLock(
    join(ctx.paths.run, "apply.lock"),
    async () => {
      const instances = await engine.instances();
      const former = await formerEngineWarnings(ctx, settings);
      if (instances.length === 0) {
        const nothing = "nothing is there yet: mtproxy start";
        return { data: { done: "nothing", shards: [] }, warnings: [...former, nothing] };
      }
      const data = { done, shards: instances.map(({ shardId }) => shardName(shardId)) };
      const warnings = [...former, ...(done === "restarted" ? await leftOut(ctx, engine, instances) : [])];
      if (options.dryRun === true) return { data, warnings };
      ctx.putOffInterrupts();
      await work(engine, instances);
      return { data, warnings };
    },
    { purpose: "switching the proxy" },
  );
}

/** What the admin may have hoped that a restart brings. */
async function leftOut(ctx: Context, engine: Engine, instances: readonly Instance[]): Promise<string[]> {
  try {
    const started = instances.map((instance) => ({ ...instance, running: true }));
    const { pending, revocations } = await findBacklog(ctx, await planState(ctx), engine, started);
    return [...accessWarnings(revocations), ...(pending ? [NOT_WITH_THIS] : [])];
  } catch (error) {
    // A state that cannot be planned keeps nobody from a restart.
    if (error instanceof AppError) return [];
    throw error;
  }
}

const NOT_WITH_THIS =
  "changes are saved that a restart does not make live: mtproxy plan shows them, mtproxy apply makes them live";
