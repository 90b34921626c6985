import type { Context } from "../../context.ts";
import { HAPROXY_NAME } from "../../domain/edge.ts";
import { AppError } from "../../domain/errors.ts";
import type { Shard } from "../../domain/shard.ts";
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
  /** Instances that were replaced, or whose shard is gone, and that still have connections or wait for the daemon. */
  readonly draining: number | null;
}

const SILENT = { version: null, connections: null, uptimeSeconds: null, oldWorkers: null, draining: null };

export async function haproxyState(
  ctx: Context,
  engine: Engine,
  planned: readonly Pick<Shard, "id">[],
): Promise<HaproxyState> {
  try {
    const container = await engine.edge?.haproxy();
    if (container === undefined) return { ...SILENT, condition: "missing" };
    if (!container.running) return { ...SILENT, condition: "stopped" };
    const { surplusInstances } = await import("../routing/drain.ts");
    const draining = await surplusInstances(engine, new Set(planned.map(({ id }) => id)));
    return { ...(await asked(ctx)), draining: draining.length };
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
