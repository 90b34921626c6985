import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { type PlanCost, planCost, type ShardChange } from "../../domain/plan/changes.ts";
import { accessWarnings, withoutKeys } from "../../domain/plan/revoked.ts";
import type { EngineName } from "../../domain/settings.ts";
import type { ModeFamily } from "../../domain/shard.ts";
import type { PlannedState } from "../load-state.ts";
import type { Outcome } from "../outcome.ts";
import type { Applied } from "./applied.ts";
import { formerEngine } from "./former-engine.ts";
import { planState } from "./plan-state.ts";
import { previewApply } from "./preview-apply.ts";

export interface ShownShard {
  readonly shardId: number;
  readonly port: number;
  readonly family: ModeFamily;
  readonly coverDomains: readonly string[];
  /** Whose alone it is, because they have a promoted channel of their own; absent for everybody else's. */
  readonly group?: string;
  readonly assignedSlots: number;
  readonly spareSlots: number;
}

export interface ShownPlan {
  /** Something would change. */
  readonly pending: boolean;
  readonly shards: readonly ShownShard[];
  readonly changes: readonly ShardChange[];
  readonly cost: PlanCost;
  readonly revocations: Applied["revocations"];
  readonly moves: Applied["moves"];
  readonly haproxy: Applied["haproxy"];
  /** The engine that served this home before and of which something may still run: applying ends that. Null where there is none. */
  readonly formerEngine: EngineName | null;
}

interface ShowPlanOptions {
  readonly exitCode?: boolean | undefined;
  readonly allowRestart?: boolean | undefined;
}

/**
 * What `apply` would do, and what the result costs the machine. Without an engine the shards are shown all the same; nothing is live
 * then.
 * @returns failure `pending` with `exitCode` when something would change, the engine's own error when it cannot be asked
 */
export async function showPlan(ctx: Context, options: ShowPlanOptions): Promise<Outcome<ShownPlan>> {
  const planned = await planState(ctx, { allowRestart: options.allowRestart ?? false });
  const shards = planned.plan.shards.map(({ shard }) => ({
    shardId: shard.id,
    port: shard.port,
    family: shard.family,
    coverDomains: shard.coverDomains,
    ...(shard.group === undefined ? {} : { group: shard.group }),
    assignedSlots: shard.slots.filter(({ holder }) => holder !== undefined).length,
    spareSlots: shard.slots.filter(({ holder }) => holder === undefined).length,
  }));
  const { warnings, settings } = planned.state;
  const former = (await formerEngine(ctx, settings)) ?? null;
  try {
    const { applied: _, ...preview } = await previewApply(ctx, planned);
    const isSettled = preview.haproxy === null || preview.haproxy === "none";
    const pending = former !== null || !isSettled || preview.changes.some(({ action }) => action !== "none");
    const failure =
      pending && options.exitCode === true
        ? new AppError("pending", "changes are pending", { hint: "mtproxy apply" })
        : undefined;
    return {
      data: { pending, shards, formerEngine: former, ...preview },
      warnings: [...warnings, ...accessWarnings(runningOnes(preview))],
      ...(failure === undefined ? {} : { failure }),
    };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { data: { shards, formerEngine: former, ...withoutEngine(planned) }, warnings, failure: error };
  }
}

/** A process that is stopped lets nobody in. */
function runningOnes({ revocations, changes }: Pick<Applied, "revocations" | "changes">): Applied["revocations"] {
  const stopped = new Set(changes.flatMap(({ shardId, action }) => (action === "start" ? [shardId] : [])));
  return revocations.filter(({ shardId }) => !stopped.has(shardId));
}

function withoutEngine({ plan }: PlannedState): Omit<ShownPlan, "shards" | "formerEngine"> {
  const revocations = withoutKeys(plan.revocations);
  return { pending: true, changes: [], cost: planCost([]), revocations, moves: plan.moves, haproxy: null };
}
