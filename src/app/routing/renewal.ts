import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import type { Settings } from "../../domain/settings.ts";
import type { Haproxy } from "../../haproxy.ts";
import { haproxyDigest } from "../../render/edge-service.ts";
import { makeDeployment } from "../live/deployment.ts";
import { planState } from "../live/plan-state.ts";
import { loadSettings } from "../load-state.ts";

/**
 * Connections that are cut when HAProxy gets the container that these settings (the saved ones when absent) ask for.
 * @returns undefined when it has it, or does not run; null when it does not say how many there are
 */
export async function cutByRenewal(ctx: Context, settings?: Settings): Promise<number | null | undefined> {
  try {
    const wanted = settings ?? (await loadSettings(ctx));
    const engine = wanted.routing === "edge" ? await ctx.engine(wanted) : undefined;
    const container = await engine?.edge?.haproxy();
    if (container?.running !== true) return undefined;
    const planned = await planState(ctx, { settings: wanted });
    const deployment = await makeDeployment(ctx, planned, planned.state.engineRecord);
    return container.digest === haproxyDigest(deployment) ? undefined : await openConnections(ctx);
  } catch (error) {
    // Who cannot be asked now is told to whoever applies.
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

/** Clients in all of HAProxy's workers; null when it does not answer. */
export async function openConnections(ctx: Context): Promise<number | null> {
  try {
    const haproxy = await ctx.haproxy();
    const { oldWorkers } = await haproxy.processes();
    const sessions = await Promise.all([
      countSessions(haproxy),
      ...oldWorkers.map((pid) => countSessions(haproxy, pid)),
    ]);
    return sessions.reduce((sum, count) => sum + count, 0);
  } catch (error) {
    if (error instanceof AppError) return null;
    throw error;
  }
}

async function countSessions(haproxy: Haproxy, pid?: number): Promise<number> {
  return (await haproxy.sessions(pid)).length;
}

/** Asked before everybody is cut once; see `mayRenew`. */
export type AskRenewal = (settings?: Settings) => Promise<boolean>;
