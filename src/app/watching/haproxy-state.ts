import type { Context } from "../../context.ts";
import { HAPROXY_NAME } from "../../domain/edge.ts";
import { AppError } from "../../domain/errors.ts";
import type { Engine } from "../../engine/engine.ts";

/** HAProxy before the shards. */
export interface HaproxyState {
  readonly condition: "running" | "not answering" | "stopped" | "missing" | "unknown";
  /** As HAProxy says it; null when it says nothing. */
  readonly version: string | null;
  /** Open now, of people and strangers; null when it says nothing. */
  readonly connections: number | null;
  readonly uptimeSeconds: number | null;
  /** Workers of configurations before, whose connections go on. */
  readonly oldWorkers: number | null;
  /** Instances that were replaced and still have connections, or wait for the timer. */
  readonly draining: number | null;
}

const SILENT = { version: null, connections: null, uptimeSeconds: null, oldWorkers: null, draining: null };

export async function haproxyState(ctx: Context, engine: Engine): Promise<HaproxyState> {
  try {
    const container = await engine.edge?.haproxy();
    if (container === undefined) return { ...SILENT, condition: "missing" };
    if (!container.running) return { ...SILENT, condition: "stopped" };
    return { ...(await asked(ctx)), draining: (await engine.edge?.others())?.length ?? 0 };
  } catch (error) {
    if (error instanceof AppError) return { ...SILENT, condition: "unknown" };
    throw error;
  }
}

async function asked(ctx: Context): Promise<Omit<HaproxyState, "draining">> {
  try {
    const haproxy = await ctx.haproxy();
    const [info, processes] = [await haproxy.info(), await haproxy.processes()];
    const { version, connections, uptimeSeconds } = info;
    return { condition: "running", version, connections, uptimeSeconds, oldWorkers: processes.oldWorkers.length };
  } catch (error) {
    if (error instanceof AppError) return { ...SILENT, condition: "not answering" };
    throw error;
  }
}

/** Nobody comes in without it. */
export function shutDoor(state: HaproxyState | null): AppError | undefined {
  if (state === null || state.condition === "running" || state.condition === "unknown") return undefined;
  return new AppError("unhealthy", `${HAPROXY_NAME}: ${state.condition}, so nobody gets to the proxies`, {
    hint: "mtproxy start",
  });
}
