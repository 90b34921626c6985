import type { Context } from "../../context.ts";
import { type ShardChange, shardChanges } from "../../domain/plan/changes.ts";
import { openRevocations, type Revocation } from "../../domain/plan/revoked.ts";
import type { Engine, Instance } from "../../engine/engine.ts";
import type { PlannedState } from "../load-state.ts";
import { makeDeployment } from "./deployment.ts";
import { edgeMeans } from "./prepare.ts";
import { previewHaproxy } from "./preview-apply.ts";
import { renderDeployment } from "./render-deployment.ts";

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
