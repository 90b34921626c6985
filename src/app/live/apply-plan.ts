import { join } from "node:path";
import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { sharedHolder } from "../../domain/shard.ts";
import type { Instance } from "../../engine/engine.ts";
import { loadSettings, type PlannedState } from "../load-state.ts";
import { removeRevokedFiles, updateClientFiles } from "../people/client-files.ts";
import { type Applied, describeApplied } from "./applied.ts";
import { knownImage } from "./deployment.ts";
import { haltFormerEngine } from "./former-engine.ts";
import { makeLive } from "./make-live.ts";
import { type PlanOptions, planState, settlePlan } from "./plan-state.ts";
import { type Prepared, type PrepareOptions, prepare } from "./prepare.ts";
import { previewApply } from "./preview-apply.ts";
import { recordLinks, recordRevoked } from "./record-live.ts";
import { swapFiles } from "./swap-files.ts";

export interface ApplyOptions extends PlanOptions, PrepareOptions {
  /** Show only. */
  readonly dryRun?: boolean | undefined;
  /** Users whose files may need writing, when only these changed; everybody's are looked at otherwise. */
  readonly changedUsers?: readonly string[];
  /** Also start what an admin stopped. */
  readonly startStopped?: boolean;
  /** Wait for each shard to be healthy before the next one is touched. */
  readonly oneByOne?: boolean;
  /** HAProxy's container may be made anew while it runs, which cuts everybody once. Otherwise it waits for whoever says so. */
  readonly renewsHaproxy?: boolean;
  /** Done before HAProxy starts, once the agents' keys are written. When it throws, nothing is changed. */
  readonly beforeHaproxy?: () => Promise<void>;
}

/** Why a change is not live although nothing went wrong. */
export const STOPPED = "the proxy is stopped and takes the change when it starts";

/**
 * Makes live what the state asks for: changes only what differs, waits until it is healthy, and brings files and processes back when
 * it does not become so. Under a lock of its own; the state is settled first, so that it stays recorded as pending when this fails.
 * @throws AppError environment without a usable engine, engine when the proxy does not become healthy
 */
export async function applyPlan(ctx: Context, options: ApplyOptions = {}): Promise<Applied> {
  await loadSettings(ctx);
  if (options.dryRun === true) return previewApply(ctx, await planState(ctx, options));
  return ctx.locks.withLock(join(ctx.paths.run, "apply.lock"), () => settleAndApply(ctx, options), {
    purpose: "applying changes",
  });
}

async function settleAndApply(ctx: Context, options: ApplyOptions): Promise<Applied> {
  ctx.putOffInterrupts();
  const planned = await settlePlan(ctx, options);
  tellWhoIsGone(ctx, planned, options.changedUsers ?? []);
  const engine = await ctx.engine(planned.state.settings);
  await engine.check();
  const record = await knownImage(ctx, engine, planned);
  if (planned.state.settings.routing === "edge")
    await (await import("../routing/unfinished.ts")).endUnfinished(ctx, engine, planned.state.settings);
  const prepared = await prepare(ctx, planned, engine, record, options);
  const former = await haltFormerEngine(ctx, planned.state.settings);
  if (options.startStopped !== true && isStopped(prepared.instances)) await refuseWhileStopped(ctx, prepared);
  const deferred = await former.replaceBy(() => makeAllLive(ctx, prepared, options));
  const waiting = new Set(deferred);
  await recordRevoked(
    ctx,
    planned.plan.revocations.filter(({ shardId }) => !waiting.has(shardId)),
  );
  await removeRevokedFiles(ctx, prepared);
  await updateClientFiles(ctx, prepared, options.changedUsers);
  await recordLinks(ctx, prepared);
  return describeApplied(prepared, true);
}

/** HAProxy stands before the shards, or has to leave. Gives the shards that wait for the timer. */
async function makeAllLive(ctx: Context, prepared: Prepared, options: ApplyOptions): Promise<readonly number[]> {
  const { engine, deployment } = prepared;
  const oneByOne = options.oneByOne === true;
  if (deployment.edge !== undefined) {
    return (await import("../routing/make-edge-live.ts")).makeEdgeLive(ctx, prepared, options);
  }
  if (engine.edge !== undefined && (await engine.edge.haproxy()) !== undefined) {
    await (await import("../routing/leave-edge.ts")).leaveEdge(ctx, prepared, () => makeLive(ctx, prepared, oneByOne));
    return [];
  }
  await makeLive(ctx, prepared, oneByOne);
  return [];
}

/** Somebody else may take people out of users.json; the command that revokes their keys says so. */
function tellWhoIsGone(ctx: Context, { state, plan }: PlannedState, expected: readonly string[]): void {
  const present = new Set([...state.users.map(({ name }) => name), ...expected, sharedHolder]);
  for (const { holder } of plan.revocations) {
    if (!present.has(holder))
      ctx.progress.warn(`${holder} is gone from users.json: the key is being revoked with this`);
  }
}

function isStopped(instances: readonly Instance[]): boolean {
  return instances.length > 0 && !instances.some(({ running }) => running);
}

/**
 * Someone who stopped the proxy does not want it back because a user was added. The files are written all the same: whoever starts
 * it by another way, a reboot included, must not bring revoked keys back.
 */
async function refuseWhileStopped(ctx: Context, prepared: Prepared): Promise<never> {
  const { rendering, plan, deployment } = prepared;
  await swapFiles(ctx, rendering.files, rendering.containerUser);
  if (deployment.edge !== undefined) await (await import("../routing/make-edge-live.ts")).writeEdge(ctx, prepared);
  const kept = new Set(plan.shards.map(({ shard }) => shard.id));
  await recordRevoked(
    ctx,
    plan.revocations.filter(({ shardId }) => kept.has(shardId)),
  );
  throw new AppError("environment", STOPPED, { hint: "mtproxy start" });
}
