import type { Context } from "../../context.ts";
import type { Deployment } from "../../domain/deployment.ts";
import { AppError } from "../../domain/errors.ts";
import type { Engine, Instance } from "../../engine/engine.ts";
import type { ServerEntry } from "../../haproxy.ts";
import { haproxyDigest } from "../../render/edge-service.ts";
import type { PlannedState } from "../load-state.ts";
import { planEdge } from "./edge-deployment.ts";
import { sidesOf } from "./instances.ts";
import { isHandedOver, serverEntries } from "./revoke-first.ts";

/**
 * What makes HAProxy what the state asks for:
 * - `start`: it does not run
 * - `keys`: the agents learn who is let in, and what others have open is closed; the rest may be pending too
 * - `replace`: its container is made anew, which cuts everybody once
 * - `reload`: it reads its configuration anew, and every connection stays
 * - `update`: its server entries are changed while it runs
 */
export type HaproxyChange = "start" | "replace" | "keys" | "reload" | "update" | "none";

interface Running {
  readonly engine: Engine;
  readonly instances: readonly Instance[];
}

/** Undefined where HAProxy runs and says nothing, so that nobody can tell. */
export async function haproxyChange(
  ctx: Context,
  planned: PlannedState,
  deployment: Deployment,
  { engine, instances }: Running,
): Promise<HaproxyChange | undefined> {
  const container = await engine.edge?.haproxy();
  if (container?.running !== true) return "start";
  const plan = await planEdge(ctx, planned, deployment);
  if (!(await isHandedOver(ctx, plan.entries))) return "keys";
  if (container.digest !== haproxyDigest(deployment)) return "replace";
  try {
    const haproxy = await ctx.haproxy();
    if ((await haproxy.info()).description !== plan.shape) return "reload";
    const wanted = serverEntries(plan.entries, plan.subnet, sidesOf(instances));
    return areSame(await haproxy.servers(), wanted) ? "none" : "update";
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

/** HAProxy has one more, which is nobody's. */
function areSame(present: readonly ServerEntry[], wanted: readonly ServerEntry[]): boolean {
  const there = new Set(present.map(textOf));
  return there.size === wanted.length + 1 && wanted.every((server) => there.has(textOf(server)));
}

function textOf({ name, address, port }: ServerEntry): string {
  return `${name} ${address}:${port}`;
}
