import type { HostContext } from "../../context.ts";
import type { Settings } from "../../domain/settings.ts";
import type { ApplyOptions } from "../live/apply-plan.ts";
import { bringLive } from "../live/bring-live.ts";
import { entriesOf } from "./host-context.ts";
import { removePart, setUpPart } from "./set-up-host.ts";

/**
 * Makes live what is saved, in edge routing with agents and daemon as services before HAProxy starts, so that it finds them. Where it
 * cannot be made live, services that were not there before are gone again, but the daemon where the stats API wants it.
 */
export async function bringLiveWithServices(
  ctx: HostContext,
  settings: Settings,
  otherwise: string,
  options: ApplyOptions = {},
): ReturnType<typeof bringLive> {
  const wereThere = (await entriesOf(ctx, "edge")).length > 0;
  const live = await bringLive(ctx, otherwise, { ...options, beforeHaproxy: servicesFor(ctx, settings) });
  if (live.failure === undefined || wereThere) return live;
  await removePart(ctx, "edge");
  await setUpPart(ctx, "stats-api", { ...settings, routing: "direct" });
  return live;
}

/** For `ApplyOptions.beforeHaproxy`. */
export function servicesFor(ctx: HostContext, settings: Settings): () => Promise<void> {
  return async () => {
    await setUpPart(ctx, "edge", settings);
  };
}
