import { join } from "node:path";
import type { Context } from "../../context.ts";
import { HAPROXY_NAME } from "../../domain/edge.ts";
import type { EdgeEngine } from "../../engine/edge-engine.ts";
import type { Prepared } from "../live/prepare.ts";
import { forgetKeys } from "./agent-keys.ts";
import { forgetDraining } from "./drain.ts";
import { nameOf } from "./instances.ts";

/**
 * Takes HAProxy away and lets the shards have their ports again: `start` brings them up. When they do not come up, HAProxy is back.
 * What only the edge had is gone then, the agents' keys too.
 */
export async function leaveEdge(
  ctx: Context,
  { engine, instances }: Prepared,
  start: () => Promise<void>,
): Promise<void> {
  const edge = engine.edge as EdgeEngine;
  ctx.progress.step(`stopping ${HAPROXY_NAME} …`);
  await edge.stopHaproxy();
  try {
    await start();
  } catch (error) {
    await edge.remove(
      instances.flatMap(({ shardId, side }) => (side === "b" ? [{ shardId, side: "a" as const }] : [])),
    );
    await edge.startHaproxy().catch(() => ctx.progress.warn(`${HAPROXY_NAME} could not be started again`));
    throw error;
  }
  await edge.remove((await edge.others()).map(nameOf));
  await edge.removeHaproxy();
  await forgetKeys(ctx);
  await forgetDraining(ctx);
  await ctx.files.removeFolder(join(ctx.paths.rendered, "haproxy"));
}
