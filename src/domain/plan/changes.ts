import type { Capabilities } from "../engine-facts.ts";
import { shardName } from "../shard.ts";
import { revocation } from "./revoked.ts";
import type { Plan } from "./types.ts";

/** A process as the engine sees it, as far as planning needs it. */
interface RunningShard {
  readonly shardId: number;
  readonly running: boolean;
  readonly configDigest?: string;
}

/**
 * `replace`: another instance takes over, and nobody is cut. `defer`: what runs serves everybody whom it shall, and has keys too many
 * that the edge refuses before; it is replaced within minutes.
 */
export type Action = "create" | "restart" | "replace" | "defer" | "start" | "update" | "remove" | "none";

/** What edge routing makes possible. */
export interface EdgeMeans {
  /** HAProxy runs, and can lead people from one instance to another. */
  readonly replaces?: boolean;
  /** Shards that run with a file of Telegram's that is no more in use, which no digest tells. */
  readonly outdated?: ReadonlySet<number>;
  /** Whether the shard's instance only goes on until its last connection ends: nobody is led to it any more. */
  readonly drains?: (shardId: number) => boolean;
  /** Clients of instances that were replaced and still drain: the next replacement needs their place. */
  readonly beside?: ReadonlyMap<number, number>;
  /** Whether the shard's instance may go on for a while as it is. */
  readonly mayWait?: (shardId: number) => boolean;
}

/** What happens to one shard's process when the plan is applied. */
export interface ShardChange {
  readonly shardId: number;
  readonly name: string;
  /** Absent for a shard that is removed. */
  readonly port?: number;
  readonly action: Action;
  readonly reasons: readonly string[];
  /** Clients that are connected now and will be cut. Absent when nobody could tell. */
  readonly connectionsCut?: number;
}

/** What the machine pays for the whole plan, once applied. */
export interface PlanCost {
  readonly restarts: number;
  readonly connectionsCut: number;
  readonly processes: number;
  /** Resident memory of the idle processes, bytes: 7.4 MB each (measured). */
  readonly memoryBytes: number;
  /** Share of one core that the idle processes take: 1.4–3.0 % each by build (measured); the upper bound is given. */
  readonly idleCpuPercent: number;
}

const IDLE_MEMORY_BYTES = 7_400_000;
const IDLE_CPU_PERCENT = 3;

/**
 * Compares what the plan asks for with what runs.
 * @param digests configuration digest of each planned shard
 * @param clients connected clients of each running shard, as far as known
 */
export function shardChanges(
  plan: Plan,
  digests: ReadonlyMap<number, string>,
  running: readonly RunningShard[],
  clients: ReadonlyMap<number, number>,
  capabilities: Capabilities,
  edge: EdgeMeans = {},
): ShardChange[] {
  const wanted = plan.shards.map(({ shard }): ShardChange => {
    const instance = running.find(({ shardId }) => shardId === shard.id);
    const action = actionFor(instance, digests.get(shard.id), capabilities, edge);
    const reasons = reasonsFor(action, [
      ...(plan.reasons.get(shard.id) ?? []),
      ...reasonsOfRevocations(plan, shard.id),
      ...(edge.outdated?.has(shard.id) === true ? ["Telegram's proxy-multi.conf changes"] : []),
    ]);
    return {
      shardId: shard.id,
      name: shardName(shard.id),
      port: shard.port,
      action,
      reasons,
      ...cut(action, shard.id, action === "replace" ? edge.beside : clients),
    };
  });
  const planned = new Set(plan.shards.map(({ shard }) => shard.id));
  const ids = [...new Set(running.map(({ shardId }) => shardId))];
  const unwanted = ids.filter((id) => !planned.has(id) && edge.drains?.(id) !== true);
  const removed = unwanted.map(
    (id): ShardChange => ({
      shardId: id,
      name: shardName(id),
      action: "remove",
      reasons: ["no user needs it"],
      ...(edge.replaces === true ? { connectionsCut: 0 } : cut("remove", id, clients)),
    }),
  );
  return [...wanted, ...removed];
}

export function planCost(changes: readonly ShardChange[]): PlanCost {
  const processes = changes.filter((change) => change.action !== "remove").length;
  return {
    restarts: changes.filter((change) => change.action === "restart").length,
    connectionsCut: changes.reduce((sum, change) => sum + (change.connectionsCut ?? 0), 0),
    processes,
    memoryBytes: processes * IDLE_MEMORY_BYTES,
    idleCpuPercent: processes * IDLE_CPU_PERCENT,
  };
}

function actionFor(
  instance: RunningShard | undefined,
  digest: string | undefined,
  capabilities: Capabilities,
  { replaces, mayWait, outdated }: EdgeMeans,
): Action {
  if (instance === undefined) return "create";
  if (!instance.running) return "start";
  const isOutdated = outdated?.has(instance.shardId) === true;
  if (instance.configDigest === digest && !isOutdated) return "none";
  if (replaces === true) return !isOutdated && mayWait?.(instance.shardId) === true ? "defer" : "replace";
  return capabilities.changesKeysLive ? "update" : "restart";
}

function reasonsFor(action: Action, reasons: readonly string[]): readonly string[] {
  if (action === "none") return [];
  if (action === "create") return ["it does not exist yet"];
  if (action === "start") return ["it is stopped", ...reasons];
  return reasons.length > 0
    ? [...new Set(reasons)]
    : ["what runs differs from what users, settings, image or this version ask for"];
}

/** A revocation that a plan before asked for is no change of this one, but it is why the process must change. */
function reasonsOfRevocations({ revocations }: Plan, id: number): string[] {
  return revocations.filter(({ shardId }) => shardId === id).map(({ holder }) => revocation(holder));
}

function cut(
  action: Action,
  id: number,
  clients: ReadonlyMap<number, number> = new Map(),
): { connectionsCut?: number } {
  if (action === "replace") return { connectionsCut: clients.get(id) ?? 0 };
  const count = action === "restart" || action === "remove" ? clients.get(id) : 0;
  return count === undefined ? {} : { connectionsCut: count };
}
