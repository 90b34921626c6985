import { type PlanCost, planCost, type ShardChange } from "../../domain/plan/changes.ts";
import { openRevocations, type Revocation } from "../../domain/plan/revoked.ts";
import type { Move } from "../../domain/shard.ts";
import type { HaproxyChange } from "../routing/edge-drift.ts";
import type { Prepared } from "./prepare.ts";

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

export function describeApplied({ plan, changes }: Prepared, applied: boolean): Applied {
  return {
    changes,
    cost: planCost(changes),
    revocations: openRevocations(plan, changes),
    moves: plan.moves,
    haproxy: null,
    applied,
  };
}
