import type { Context } from "../../context.ts";
import { HAPROXY_NAME } from "../../domain/edge.ts";
import { shardPlaces } from "../../domain/edge-places.ts";
import { AppError, wordsOf } from "../../domain/errors.ts";
import type { Side } from "../../domain/shard.ts";
import type { EdgeEngine, InstanceName } from "../../engine/edge-engine.ts";
import type { Haproxy } from "../../haproxy.ts";
import type { Prepared } from "../live/prepare.ts";
import { type SwappedFiles, swapFiles } from "../live/swap-files.ts";
import { handOverKeys, writeKeys } from "./agent-keys.ts";
import { carryConnections } from "./carry-connections.ts";
import type { EdgePlan, Sides } from "./edge-deployment.ts";
import { nameOf } from "./instances.ts";
import { shardBackend, wayBack } from "./led.ts";
import { serverEntries } from "./revoke-first.ts";

/** HAProxy answers at its socket within a second of its start. */
const START_MS = 15_000;
const PAUSE_MS = 50;

/** Everything that making the edge live works with. */
export interface EdgeRollout {
  readonly ctx: Context;
  readonly prepared: Prepared;
  readonly edge: EdgeEngine;
  readonly plan: EdgePlan;
  /** Of the instances that served before. */
  readonly before: ReadonlyMap<number, Side>;
  readonly beforeHaproxy: (() => Promise<void>) | undefined;
}

/** HAProxy runs: people are led to the new instances while it does. */
export async function leadOver(rollout: EdgeRollout, targets: Sides): Promise<void> {
  const { ctx, prepared, plan, before } = rollout;
  const sides = new Map([...before, ...targets]);
  const haproxy = await ctx.haproxy();
  const leadBack = await wayBack(haproxy, before.keys());
  const files = await swapFiles(ctx, plan.files(sides), prepared.rendering.containerUser);
  try {
    if ((await haproxy.info()).description === plan.shape) await tellAddresses(haproxy, plan, sides);
    else await reload(rollout, haproxy);
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

async function reload({ ctx, edge, prepared }: EdgeRollout, haproxy: Haproxy): Promise<void> {
  const fault = await edge.checkConfig();
  if (fault !== undefined) throw new AppError("engine", `HAProxy does not take its new configuration: ${fault}`);
  ctx.progress.step(`${HAPROXY_NAME}: reload; no connection is cut …`);
  await haproxy.reload();
  // Not worth taking anything back for: the daemon says it within two seconds.
  await carryConnections(haproxy, prepared.state.users).catch(() => {});
}

/** HAProxy does not run, or must be made anew: it gets the ports, which containers may hold that served before. */
export async function startFront(rollout: EdgeRollout, targets: Sides, wasThere: boolean): Promise<void> {
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

/** With the compose file of before. */
export async function bringFrontBack(edge: EdgeEngine): Promise<string[]> {
  try {
    await edge.startHaproxy();
    return [];
  } catch (error) {
    return [`${HAPROXY_NAME} could not be brought back: ${wordsOf(error)}`];
  }
}
