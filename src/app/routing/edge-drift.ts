import type { Context } from "../../context.ts";
import type { Deployment } from "../../domain/deployment.ts";
import { AppError } from "../../domain/errors.ts";
import type { Engine, Instance } from "../../engine/engine.ts";
import { haproxyDigest } from "../../render/edge-service.ts";
import type { PlannedState } from "../load-state.ts";
import { planEdge } from "./edge-deployment.ts";
import { sidesOf } from "./instances.ts";
import { serverEntries } from "./revoke-first.ts";

/** Whether HAProxy runs with something else than what the state asks for. One that does not run, or is silent, says so elsewhere. */
export async function edgeDiffers(
  ctx: Context,
  planned: PlannedState,
  deployment: Deployment,
  { engine, instances }: { readonly engine: Engine; readonly instances: readonly Instance[] },
): Promise<boolean> {
  const container = await engine.edge?.haproxy();
  if (container?.running !== true) return false;
  if (container.digest !== haproxyDigest(deployment)) return true;
  const plan = await planEdge(ctx, planned, deployment);
  try {
    const haproxy = await ctx.haproxy();
    if ((await haproxy.info()).description !== plan.shape) return true;
    const wanted = serverEntries(plan.entries, plan.subnet, sidesOf(instances)).map(textOf);
    const there = new Set((await haproxy.servers()).map(textOf));
    return there.size !== wanted.length + 1 || !wanted.every((server) => there.has(server));
  } catch (error) {
    if (error instanceof AppError) return false;
    throw error;
  }
}

function textOf({ name, address, port }: { name: string; address: string; port: number }): string {
  return `${name} ${address}:${port}`;
}
