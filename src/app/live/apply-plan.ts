import { join } from "node:path";
import type { Context } from "../../context.ts";
import { serves } from "../../domain/config-parts.ts";
import type { Deployment } from "../../domain/deployment.ts";
import type { EngineRecord } from "../../domain/engine-facts.ts";
import { AppError } from "../../domain/errors.ts";
import { type EdgeMeans, type PlanCost, planCost, type ShardChange, shardChanges } from "../../domain/plan/changes.ts";
import { openRevocations, type Revocation } from "../../domain/plan/revoked.ts";
import { type Move, sharedHolder } from "../../domain/shard.ts";
import type { Engine, Instance } from "../../engine/engine.ts";
import { loadSettings, type PlannedState } from "../load-state.ts";
import { removeRevokedFiles, updateClientFiles } from "../people/client-files.ts";
import type { HaproxyChange } from "../routing/edge-drift.ts";
import { connectedClients } from "./connected-clients.ts";
import { knownImage, makeDeployment } from "./deployment.ts";
import { formerEngineWarnings, haltFormerEngine } from "./former-engine.ts";
import { makeLive, type Rollout } from "./make-live.ts";
import { type PlanOptions, planState, refuseTakenPort, settlePlan } from "./plan-state.ts";
import { recordLinks, recordRevoked } from "./record-live.ts";
import { type Rendering, renderDeployment } from "./render-deployment.ts";
import { swapFiles } from "./swap-files.ts";

export interface ApplyOptions extends PlanOptions {
  /** Show only. */
  readonly dryRun?: boolean | undefined;
  /** Users whose files may need writing, when only these changed; everybody's are looked at otherwise. */
  readonly changedUsers?: readonly string[];
  /** Also start what an admin stopped. */
  readonly startStopped?: boolean;
  /** Also replace instances that have nothing but keys too many; in edge routing these wait for the timer otherwise. */
  readonly whole?: boolean;
  /** Wait for each shard to be healthy before the next one is touched. */
  readonly oneByOne?: boolean;
  /** In edge routing: shards that run with another proxy-multi.conf than the one that is stored. */
  readonly outdated?: readonly number[];
  /** HAProxy's container may be made anew while it runs, which cuts everybody once. Otherwise it waits for whoever says so. */
  readonly renewsHaproxy?: boolean;
  /** Done before HAProxy starts, once the agents' keys are written. When it throws, nothing is changed. */
  readonly beforeHaproxy?: () => Promise<void>;
}

/** What was (or would be) done. */
export interface Applied {
  readonly changes: readonly ShardChange[];
  readonly cost: PlanCost;
  readonly revocations: readonly Revocation[];
  readonly moves: readonly Move[];
  /** What would happen to HAProxy; null in direct routing, where nobody can tell, and once it is done. */
  readonly haproxy: HaproxyChange | null;
  readonly applied: boolean;
}

/** What an apply works with, once everything is known. */
export type Prepared = PlannedState & Rollout & { readonly deployment: Deployment };

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

/** What applying a plan would do to what runs now; changes nothing and does not look into an image that was never probed. */
export async function previewApply(ctx: Context, planned: PlannedState): Promise<Applied> {
  const engine = await ctx.engine(planned.state.settings);
  await engine.check();
  await refuseTakenPort(ctx, planned);
  for (const warning of await formerEngineWarnings(ctx, planned.state.settings)) ctx.progress.warn(warning);
  const prepared = await prepare(ctx, planned, engine, planned.state.engineRecord, { whole: true });
  const [applied, haproxy] = [describe(prepared, false), await previewHaproxy(ctx, prepared)];
  return haproxy === "replace"
    ? { ...applied, haproxy, cost: await withHaproxy(ctx, applied.cost) }
    : { ...applied, haproxy };
}

async function withHaproxy(ctx: Context, cost: PlanCost): Promise<PlanCost> {
  const { openConnections } = await import("../routing/renewal.ts");
  return { ...cost, connectionsCut: cost.connectionsCut + ((await openConnections(ctx)) ?? 0) };
}

type Front = PlannedState & Pick<Prepared, "deployment" | "engine" | "instances">;

async function previewHaproxy(ctx: Context, front: Front): Promise<HaproxyChange | null> {
  if (front.deployment.edge === undefined) return null;
  const { haproxyChange } = await import("../routing/edge-drift.ts");
  return (await haproxyChange(ctx, front, front.deployment, front)) ?? null;
}

/** What is saved and does not run yet. */
export interface Backlog {
  readonly pending: boolean;
  /** Of processes that run: these people still get in. */
  readonly revocations: readonly Revocation[];
  /** Refused by the agents, and taken from the process by the timer. */
  readonly deferred: readonly Revocation[];
}

/** Compares what is saved with what runs; asks the engine nothing more than that. */
export async function findBacklog(
  ctx: Context,
  planned: PlannedState,
  engine: Engine,
  instances: readonly Instance[],
): Promise<Backlog> {
  const deployment = await makeDeployment(ctx, planned, planned.state.engineRecord);
  const rendering = renderDeployment(deployment);
  const means = await edgeMeans(ctx, engine, rendering, instances, {});
  const changes = shardChanges(planned.plan, rendering.digests, instances, new Map(), engine.capabilities, means);
  const front = await previewHaproxy(ctx, { ...planned, deployment, engine, instances });
  const isRefused = ({ action }: ShardChange) => action === "defer" && front !== "keys";
  const open = changes.filter((change) => change.action !== "start" && !isRefused(change));
  const isBehind = changes.some(({ action }) => action !== "none" && action !== "defer");
  return {
    // One that does not run says so elsewhere.
    pending: isBehind || (front !== null && front !== "none" && front !== "start"),
    revocations: openRevocations(planned.plan, open),
    deferred: openRevocations(planned.plan, changes.filter(isRefused)),
  };
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
  return describe(prepared, true);
}

async function prepare(
  ctx: Context,
  planned: PlannedState,
  engine: Engine,
  record: EngineRecord,
  options: Pick<ApplyOptions, "whole" | "outdated">,
): Promise<Prepared> {
  const deployment = await makeDeployment(ctx, planned, record);
  const rendering = renderDeployment(deployment);
  const instances = await engine.instances();
  const means = await edgeMeans(ctx, engine, rendering, instances, options);
  const changesWith = (clients: ReadonlyMap<number, number>) =>
    shardChanges(planned.plan, rendering.digests, instances, clients, engine.capabilities, means);
  const changes = changesWith(await clientsToCut(engine, instances, changesWith(new Map())));
  return { ...planned, engine, instances, rendering, changes, deployment };
}

/** Asks only shards whose clients would be cut: somebody may be waiting to lose access, and each takes a tenth of a second. */
function clientsToCut(engine: Engine, instances: readonly Instance[], changes: readonly ShardChange[]) {
  const unknown = new Set(changes.flatMap((it) => (it.connectionsCut === undefined ? [it.shardId] : [])));
  return connectedClients(
    engine,
    instances.filter(({ shardId }) => unknown.has(shardId)),
  );
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

async function edgeMeans(
  ctx: Context,
  engine: Engine,
  { needs }: Rendering,
  instances: readonly Instance[],
  { whole, outdated }: Pick<ApplyOptions, "whole" | "outdated">,
): Promise<EdgeMeans> {
  const isLive = needs.size > 0 && (await engine.edge?.haproxy())?.running === true;
  if (!isLive) return {};
  const { clientsBeside, drainingShards } = await import("../routing/drain.ts");
  const draining = await drainingShards(ctx, instances);
  const mayWait = (id: number) => {
    const wanted = needs.get(id);
    return wanted !== undefined && serves(instances.find(({ shardId }) => shardId === id)?.parts, wanted);
  };
  return {
    replaces: true,
    drains: (id) => draining.has(id),
    beside: await clientsBeside(engine),
    ...(outdated === undefined ? {} : { outdated: new Set(outdated) }),
    ...(whole === true ? {} : { mayWait }),
  };
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

function describe({ plan, changes }: Prepared, applied: boolean): Applied {
  return {
    changes,
    cost: planCost(changes),
    revocations: openRevocations(plan, changes),
    moves: plan.moves,
    haproxy: null,
    applied,
  };
}
