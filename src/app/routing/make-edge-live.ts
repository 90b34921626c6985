import type { Context } from "../../context.ts";
import { HAPROXY_NAME } from "../../domain/edge.ts";
import { shardPlaces } from "../../domain/edge-places.ts";
import { AppError, wordsOf } from "../../domain/errors.ts";
import type { ShardChange } from "../../domain/plan/changes.ts";
import type { Side } from "../../domain/shard.ts";
import type { EdgeEngine, InstanceName } from "../../engine/edge-engine.ts";
import type { Haproxy } from "../../haproxy.ts";
import { haproxyDigest } from "../../render/edge-service.ts";
import type { ApplyOptions } from "../live/apply-plan.ts";
import { failed, idsOf, tellChanges } from "../live/make-live.ts";
import type { Prepared } from "../live/prepare.ts";
import { type SwappedFiles, swapFiles } from "../live/swap-files.ts";
import { handOverKeys, makeEdgeFolders, writeKeys } from "./agent-keys.ts";
import { drainAfterwards } from "./drain.ts";
import { type EdgePlan, planEdge, type Sides } from "./edge-deployment.ts";
import { nameOf, sidesOf, startInstances, targetSides } from "./instances.ts";
import { shardBackend, unled, wayBack } from "./led.ts";
import { revokeFirst, serverEntries } from "./revoke-first.ts";

/** HAProxy answers at its socket within a second of its start. */
const START_MS = 15_000;
const PAUSE_MS = 50;

/** Everything that making the edge live works with. */
interface EdgeRollout {
  readonly ctx: Context;
  readonly prepared: Prepared;
  readonly edge: EdgeEngine;
  readonly plan: EdgePlan;
  /** Of the instances that served before. */
  readonly before: ReadonlyMap<number, Side>;
  readonly beforeHaproxy: (() => Promise<void>) | undefined;
}

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

/** With the compose file of before. */
async function bringFrontBack(edge: EdgeEngine): Promise<string[]> {
  try {
    await edge.startHaproxy();
    return [];
  } catch (error) {
    return [`${HAPROXY_NAME} could not be brought back: ${wordsOf(error)}`];
  }
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

/** HAProxy runs: people are led to the new instances while it does. */
async function leadOver({ ctx, prepared, edge, plan, before }: EdgeRollout, targets: Sides): Promise<void> {
  const sides = new Map([...before, ...targets]);
  const haproxy = await ctx.haproxy();
  const leadBack = await wayBack(haproxy, before.keys());
  const files = await swapFiles(ctx, plan.files(sides), prepared.rendering.containerUser);
  try {
    if ((await haproxy.info()).description === plan.shape) await tellAddresses(haproxy, plan, sides);
    else await reload(ctx, edge, haproxy);
    await handOverKeys(ctx, plan.keys());
  } catch (error) {
    await files.restore();
    for (const trouble of await leadBack()) ctx.progress.warn(trouble);
    throw error;
  }
}

async function tellAddresses(haproxy: Haproxy, plan: EdgePlan, sides: Sides): Promise<void> {
  const { shards, places } = plan.config(sides);
  for (const { id, address, port } of shardPlaces(shards, places)) {
    await haproxy.moveServer({ name: "now", address, port }, shardBackend(id));
  }
  await haproxy.syncServers(serverEntries(plan.entries, plan.subnet, sides));
}

async function reload(ctx: Context, edge: EdgeEngine, haproxy: Haproxy): Promise<void> {
  const fault = await edge.checkConfig();
  if (fault !== undefined) throw new AppError("engine", `HAProxy does not take its new configuration: ${fault}`);
  ctx.progress.step(`${HAPROXY_NAME}: reload; no connection is cut …`);
  await haproxy.reload();
}

/** HAProxy does not run, or must be made anew: it gets the ports, which containers may hold that served before. */
async function startFront(rollout: EdgeRollout, targets: Sides, wasThere: boolean): Promise<void> {
  const { ctx, prepared, edge, plan, before, beforeHaproxy } = rollout;
  const sides = new Map([...before, ...targets]);
  await writeKeys(ctx, plan.keys());
  await beforeHaproxy?.();
  const files = await swapFiles(ctx, plan.files(sides), prepared.rendering.containerUser);
  const old = (await edge.others()).filter(({ running }) => running).map(nameOf);
  ctx.progress.step(`starting ${HAPROXY_NAME} …`);
  await edge.stop(old);
  try {
    await edge.startHaproxy();
    await waitForHaproxy(ctx, edge, plan.shape);
  } catch (error) {
    throw await takeBack(rollout, { files, old, wasThere }, error);
  }
  await edge.remove((await edge.others()).map(nameOf));
}

async function waitForHaproxy(ctx: Context, edge: EdgeEngine, shape: string): Promise<void> {
  const deadline = ctx.clock.now().getTime() + START_MS;
  const haproxy = await ctx.haproxy();
  for (;;) {
    const info = await haproxy.info().catch(() => undefined);
    if (info?.description === shape) return;
    const container = await edge.haproxy();
    const isDead = container === undefined || !container.running || container.restarts > 0;
    if (isDead || ctx.clock.now().getTime() > deadline) throw await notStarted(edge);
    await ctx.clock.sleep(PAUSE_MS);
  }
}

async function notStarted(edge: EdgeEngine): Promise<AppError> {
  const lines: string[] = [];
  for await (const line of edge.haproxyLogs({ tail: 12 })) lines.push(`\n  ${line}`);
  return new AppError("engine", `${HAPROXY_NAME} does not start. It said:${lines.join("")}`);
}

interface Before {
  readonly files: SwappedFiles;
  readonly old: readonly InstanceName[];
  readonly wasThere: boolean;
}

async function takeBack({ edge }: EdgeRollout, { files, old, wasThere }: Before, error: unknown): Promise<unknown> {
  try {
    if (!wasThere) await edge.removeHaproxy();
    await files.restore();
    await edge.start(old);
    return error;
  } catch (trouble) {
    return error instanceof AppError
      ? new AppError(error.kind, `${error.message}; and what ran before could not be started: ${wordsOf(trouble)}`)
      : error;
  }
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
