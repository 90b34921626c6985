import type { Context } from "../../context.ts";
import type { PlanCost } from "../../domain/plan/changes.ts";
import type { PlannedState } from "../load-state.ts";
import type { HaproxyChange } from "../routing/edge-drift.ts";
import { type Applied, describeApplied } from "./applied.ts";
import { formerEngineWarnings } from "./former-engine.ts";
import { refuseTakenPort } from "./plan-state.ts";
import { type Prepared, prepare } from "./prepare.ts";

/** What applying a plan would do to what runs now; changes nothing and does not look into an image that was never probed. */
export async function previewApply(ctx: Context, planned: PlannedState): Promise<Applied> {
  const engine = await ctx.engine(planned.state.settings);
  await engine.check();
  await refuseTakenPort(ctx, planned);
  for (const warning of await formerEngineWarnings(ctx, planned.state.settings)) ctx.progress.warn(warning);
  const prepared = await prepare(ctx, planned, engine, planned.state.engineRecord, { whole: true });
  const [applied, haproxy] = [describeApplied(prepared, false), await previewHaproxy(ctx, prepared)];
  return haproxy === "replace"
    ? { ...applied, haproxy, cost: await withHaproxy(ctx, applied.cost) }
    : { ...applied, haproxy };
}

async function withHaproxy(ctx: Context, cost: PlanCost): Promise<PlanCost> {
  const { openConnections } = await import("../routing/renewal.ts");
  return { ...cost, connectionsCut: cost.connectionsCut + ((await openConnections(ctx)) ?? 0) };
}

type Front = PlannedState & Pick<Prepared, "deployment" | "engine" | "instances">;

/** What would happen to HAProxy; null in direct routing, and where nobody can tell. */
export async function previewHaproxy(ctx: Context, front: Front): Promise<HaproxyChange | null> {
  if (front.deployment.edge === undefined) return null;
  const { haproxyChange } = await import("../routing/edge-drift.ts");
  return (await haproxyChange(ctx, front, front.deployment, front)) ?? null;
}
