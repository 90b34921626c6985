import type { Context } from "../../context.ts";
import { serves } from "../../domain/config-parts.ts";
import type { Deployment } from "../../domain/deployment.ts";
import type { EngineRecord } from "../../domain/engine-facts.ts";
import { type EdgeMeans, type ShardChange, shardChanges } from "../../domain/plan/changes.ts";
import type { Engine, Instance } from "../../engine/engine.ts";
import type { PlannedState } from "../load-state.ts";
import { connectedClients } from "./connected-clients.ts";
import { makeDeployment } from "./deployment.ts";
import type { Rollout } from "./make-live.ts";
import { type Rendering, renderDeployment } from "./render-deployment.ts";

/** What an apply works with, once everything is known. */
export type Prepared = PlannedState & Rollout & { readonly deployment: Deployment };

export interface PrepareOptions {
  /** Also replace instances that have nothing but keys too many; in edge routing these wait for the timer otherwise. */
  readonly whole?: boolean;
  /** In edge routing: shards that run with another proxy-multi.conf than the one that is stored. */
  readonly outdated?: readonly number[];
}

/** Renders what the state asks for and compares it with what runs. */
export async function prepare(
  ctx: Context,
  planned: PlannedState,
  engine: Engine,
  record: EngineRecord,
  options: PrepareOptions,
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

/** What HAProxy can do for the shards behind it; nothing while none is to stand there, or does not run. */
export async function edgeMeans(
  ctx: Context,
  engine: Engine,
  { needs }: Rendering,
  instances: readonly Instance[],
  { whole, outdated }: PrepareOptions,
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
