import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { loadState } from "../load-state.ts";
import type { KnownPlaces } from "../people/client-files.ts";
import { planState } from "./plan-state.ts";

/** What kept the link from becoming live may keep the plan from being made too (no port left): what was asked for is saved all the same. */
export async function knownPlaces(ctx: Context): Promise<KnownPlaces> {
  try {
    return await planState(ctx);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { state: await loadState(ctx), plan: { placements: new Map() } };
  }
}
