import type { Context } from "../../context.ts";
import { AppError, wordsOf } from "../../domain/errors.ts";
import type { ShardChange } from "../../domain/plan/changes.ts";
import type { Side } from "../../domain/shard.ts";
import type { EdgeEngine } from "../../engine/edge-engine.ts";
import { haproxyDigest } from "../../render/edge-service.ts";
import type { ApplyOptions } from "../live/apply-plan.ts";
import { failed, idsOf, tellChanges } from "../live/make-live.ts";
import type { Prepared } from "../live/prepare.ts";
import { swapFiles } from "../live/swap-files.ts";
import { makeEdgeFolders, writeKeys } from "./agent-keys.ts";
import { drainAfterwards } from "./drain.ts";
import { planEdge, type Sides } from "./edge-deployment.ts";
import { bringFrontBack, type EdgeRollout, leadOver, startFront } from "./front.ts";
import { sidesOf, startInstances, targetSides } from "./instances.ts";
import { unled } from "./led.ts";
import { revokeFirst } from "./revoke-first.ts";

/**
 * Makes shards, HAProxy and agents what the plan asks for. Who lost access loses it first; then new instances are started beside those
 * that run, people are led to them, and what they left drains. When a new instance does not become healthy, or HAProxy does not take
 * its configuration, everything is as before but for the revocations.
 * @returns shards whose instance still has keys of people who lost access: the agents refuse these, and the timer replaces it
 * @throws AppError engine
 */
export async function makeEdgeLive(
  ctx: Context,
  prepared: Prepared,
  {
    oneByOne = false,
    renewsHaproxy,
    beforeHaproxy,
  }: Pick<ApplyOptions, "oneByOne" | "renewsHaproxy" | "beforeHaproxy">,
): Promise<readonly number[]> {
  const { engine, deployment, rendering, instances } = prepared;
  const edge = requireEdge(engine.edge);
  const container = await edge.haproxy();
  const isCurrent = container?.digest === haproxyDigest(deployment);
  const isWarm = container?.running === true && (isCurrent || renewsHaproxy !== true);
  if (!isWarm) await edge.obtain(deployment.settings.haproxyImage);
  const plan = await planEdge(ctx, prepared, deployment, isWarm && !isCurrent ? await roomOf(ctx) : undefined);
  const rollout = { ctx, prepared, edge, plan, before: sidesOf(instances), beforeHaproxy };
  await makeEdgeFolders(ctx);
  const files = await swapFiles(ctx, rendering.files, rendering.containerUser);
  const agents = isWarm ? await revokeFirst(ctx, await ctx.haproxy(), plan, runningSides(prepared)) : 0;
  const changes = agents > 0 ? prepared.changes : prepared.changes.map(withoutWaiting);
  tellChanges(ctx, changes);
  const targets = targetSides(changes, rollout.before);
  try {
    await startInstances(ctx, { engine, rendering, changes }, targets, oneByOne);
    await (isWarm ? leadOver(rollout, targets) : startFront(rollout, targets, container !== undefined));
  } catch (error) {
    const troubles = [...(await files.restore()), ...(await removeStarted(rollout, targets, isWarm))];
    if (container?.running === true && !isWarm) troubles.push(...(await bringFrontBack(edge)));
    throw failed(error, troubles, instances.length > 0);
  }
  if (agents === 0 && isWarm) ctx.progress.warn(NO_AGENT);
  // Who was on a shard that goes was led elsewhere or closed; where HAProxy is new, nobody is connected at all.
  const removed = isWarm ? [] : idsOf(changes, ["remove"]);
  if (removed.length > 0) await engine.up([], removed);
  await files.settle();
  await drainAfterwards(ctx, engine, new Set(deployment.shards.map(({ shard }) => shard.id)));
  return idsOf(changes, ["defer"]);
}

/** A container that stays as it is has files for so many connections, whatever the settings ask for. */
async function roomOf(ctx: Context): Promise<number> {
  return (await (await ctx.haproxy()).info()).maxConnections;
}

/** For whoever writes files and starts nothing. */
export async function writeEdge(ctx: Context, prepared: Prepared): Promise<void> {
  const plan = await planEdge(ctx, prepared, prepared.deployment);
  await makeEdgeFolders(ctx);
  await writeKeys(ctx, plan.keys());
  await swapFiles(ctx, plan.files(sidesOf(prepared.instances)), prepared.rendering.containerUser);
}

function requireEdge(edge: EdgeEngine | undefined): EdgeEngine {
  if (edge !== undefined) return edge;
  throw new AppError("conflict", "HAProxy can only stand before shards in containers", {
    hint: "mtproxy setup --engine docker, or mtproxy disable-haproxy-routing",
  });
}

/** Without an agent the shards themselves must refuse. */
function withoutWaiting(change: ShardChange): ShardChange {
  return change.action === "defer" ? { ...change, action: "replace" } : change;
}

function runningSides({ instances }: Prepared): Map<number, Side> {
  return sidesOf(instances.filter(({ running }) => running));
}

/** But for those to which HAProxy could not be kept from leading people: the next apply goes on with them. */
async function removeStarted(
  { ctx, edge, plan, before }: EdgeRollout,
  targets: Sides,
  isWarm: boolean,
): Promise<string[]> {
  const fresh = [...targets].filter(([shardId, side]) => before.get(shardId) !== side);
  const started = fresh.map(([shardId, side]) => ({ shardId, side }));
  try {
    await edge.remove(isWarm ? await unled(ctx, started, plan.subnet) : started);
    return [];
  } catch (error) {
    return [`what was started could not be ended: ${wordsOf(error)}`];
  }
}

/** Why HAProxy knows nobody. */
const NO_AGENT =
  "no agent runs: HAProxy lets the shards ask for the key, and nobody is counted or limited: mtproxy status says what helps";
