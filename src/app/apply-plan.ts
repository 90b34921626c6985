import { join } from "node:path";
import type { Context } from "../context.ts";
import type { EngineRecord } from "../domain/engine-facts.ts";
import { AppError } from "../domain/errors.ts";
import { type Action, type PlanCost, planCost, type ShardChange, shardChanges } from "../domain/plan/changes.ts";
import type { Move, Plan, Revocation } from "../domain/plan/types.ts";
import { sharedHolder } from "../domain/shard.ts";
import type { Engine, Instance } from "../engine/engine.ts";
import { removeRevokedFiles, updateClientFiles } from "./client-files.ts";
import { connectedClients } from "./connected-clients.ts";
import { knownImage, makeDeployment } from "./deployment.ts";
import { loadSettings, type PlannedState } from "./load-state.ts";
import { type PlanOptions, planState, refuseTakenPort, settlePlan } from "./plan-state.ts";
import { type Rendering, renderDeployment } from "./render-deployment.ts";
import { swapFiles } from "./swap-files.ts";
import { waitUntilHealthy } from "./wait-until-healthy.ts";

export interface ApplyOptions extends PlanOptions {
  /** Show only. */
  readonly dryRun?: boolean | undefined;
  /** Users whose files may need writing, when only these changed; everybody's are looked at otherwise. */
  readonly changedUsers?: readonly string[];
  /** Also start what an admin stopped. */
  readonly startStopped?: boolean;
  /** Wait for each shard to be healthy before the next one is touched. */
  readonly oneByOne?: boolean;
}

/** What was (or would be) done. */
export interface Applied {
  readonly changes: readonly ShardChange[];
  readonly cost: PlanCost;
  readonly revocations: readonly Revocation[];
  readonly moves: readonly Move[];
  readonly applied: boolean;
}

/** What an apply works with, once everything is known. */
interface Prepared extends PlannedState {
  readonly engine: Engine;
  readonly instances: readonly Instance[];
  readonly rendering: Rendering;
  readonly changes: readonly ShardChange[];
}

/** Why a change is not live although nothing went wrong. */
export const STOPPED = "the proxy is stopped and takes the change when it starts";

const CHANGING: ReadonlySet<Action> = new Set(["create", "restart", "start", "update"]);

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

/** What applying a plan would do to what runs now; changes nothing and does not look into an image that was never probed. */
export async function previewApply(ctx: Context, planned: PlannedState): Promise<Applied> {
  const engine = await ctx.engine(planned.state.settings);
  await engine.check();
  await refuseTakenPort(ctx, planned);
  return describe(await prepare(ctx, planned, engine, planned.state.engineRecord), false);
}

/** Whether what is saved differs from what runs. */
export async function isPending(
  ctx: Context,
  planned: PlannedState,
  engine: Engine,
  instances: readonly Instance[],
): Promise<boolean> {
  const { digests } = renderDeployment(await makeDeployment(ctx, planned, planned.state.engineRecord));
  const changes = shardChanges(planned.plan, digests, instances, new Map(), engine.capabilities);
  return changes.some(({ action }) => action !== "none");
}

async function settleAndApply(ctx: Context, options: ApplyOptions): Promise<Applied> {
  ctx.putOffInterrupts();
  const planned = await settlePlan(ctx, options);
  tellWhoIsGone(ctx, planned, options.changedUsers ?? []);
  await removeRevokedFiles(ctx, planned);
  const engine = await ctx.engine(planned.state.settings);
  await engine.check();
  const prepared = await prepare(ctx, planned, engine, await knownImage(ctx, engine, planned));
  if (options.startStopped !== true && isStopped(prepared.instances)) await refuseWhileStopped(ctx, prepared);
  await makeLive(ctx, prepared, options.oneByOne === true);
  await updateClientFiles(ctx, prepared, options.changedUsers);
  return describe(prepared, true);
}

async function prepare(ctx: Context, planned: PlannedState, engine: Engine, record: EngineRecord): Promise<Prepared> {
  const rendering = renderDeployment(await makeDeployment(ctx, planned, record));
  const instances = await engine.instances();
  const clients = await connectedClients(engine, instances);
  const changes = shardChanges(planned.plan, rendering.digests, instances, clients, engine.capabilities);
  return { ...planned, engine, instances, rendering, changes };
}

/** Somebody else may take people out of users.json; the command that revokes their keys says so. */
function tellWhoIsGone(ctx: Context, { state, plan }: PlannedState, expected: readonly string[]): void {
  const present = new Set([...state.users.map(({ name }) => name), ...expected, sharedHolder]);
  for (const { holder } of plan.revocations) {
    if (!present.has(holder)) ctx.progress.warn(`${holder} is gone from users.json: the key is revoked with this`);
  }
}

function isStopped(instances: readonly Instance[]): boolean {
  return instances.length > 0 && !instances.some(({ running }) => running);
}

/**
 * Someone who stopped the proxy does not want it back because a user was added. The files are written all the same: whoever starts
 * it by another way, a reboot included, must not bring revoked keys back.
 */
async function refuseWhileStopped(ctx: Context, { rendering }: Prepared): Promise<never> {
  await swapFiles(ctx, rendering.files, rendering.containerUser);
  throw new AppError("environment", STOPPED, { hint: "mtproxy start" });
}

async function makeLive(ctx: Context, prepared: Prepared, oneByOne: boolean): Promise<void> {
  const { engine, instances, rendering, changes } = prepared;
  const changed = changes.filter(({ action }) => CHANGING.has(action)).map(({ shardId }) => shardId);
  const removed = changes.filter(({ action }) => action === "remove").map(({ shardId }) => shardId);
  const files = await swapFiles(ctx, rendering.files, rendering.containerUser);
  if (changed.length === 0 && removed.length === 0) return;
  for (const { name, action, reasons } of changes.filter((change) => change.action !== "none"))
    ctx.progress.step(`${name}: ${action}, ${reasons.join(", ")}`);
  try {
    for (const batch of oneByOne && changed.length > 0 ? changed.map((id) => [id]) : [changed]) {
      await engine.up(targets(batch, rendering.digests), removed);
      await waitUntilHealthy(ctx, engine, batch);
    }
  } catch (error) {
    await files.restore();
    await bringBack(ctx, engine, instances, changed, removed);
    throw notHealthy(error);
  }
  await files.settle();
}

function targets(ids: readonly number[], digests: ReadonlyMap<number, string>) {
  return ids.map((shardId) => ({ shardId, configDigest: digests.get(shardId) ?? "" }));
}

/** The running configuration as it was: what existed runs again, what did not is removed. */
async function bringBack(
  ctx: Context,
  engine: Engine,
  before: readonly Instance[],
  changed: readonly number[],
  removed: readonly number[],
): Promise<void> {
  const existed = new Map(before.map(({ shardId, configDigest }) => [shardId, configDigest ?? ""]));
  const back = [...changed, ...removed].filter((id) => existed.has(id));
  try {
    await engine.up(
      targets(back, existed),
      changed.filter((id) => !existed.has(id)),
    );
  } catch (error) {
    ctx.progress.warn(
      `the configuration before could not be brought back: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function notHealthy(error: unknown): AppError {
  if (!(error instanceof AppError)) throw error;
  const kept = "everything runs as before and the change is kept as pending: mtproxy apply tries again";
  return new AppError(error.kind, error.message, {
    hint: error.hint === undefined ? kept : `${error.hint}; ${kept}`,
    cause: error,
  });
}

function describe({ changes, plan }: { changes: readonly ShardChange[]; plan: Plan }, applied: boolean): Applied {
  return { changes, cost: planCost(changes), revocations: plan.revocations, moves: plan.moves, applied };
}
