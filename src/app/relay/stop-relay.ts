import { join } from "node:path";
import type { RelayContext } from "../../context.ts";
import type { Outcome } from "../outcome.ts";
import { needRelay, removeRelay } from "./relay-folder.ts";

export interface StopRelayOptions {
  /** Absolute. */
  readonly folder: string;
  /** Takes the folder away too. */
  readonly purge?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
}

export interface StoppedRelay {
  readonly folder: string;
  /** False when none ran. */
  readonly changed: boolean;
  /** The relay's files are gone. */
  readonly purged: boolean;
}

/** Takes the relay's container away, which cuts whoever is connected; its files stay for another start unless they shall go too. */
export async function stopRelay(ctx: RelayContext, options: StopRelayOptions): Promise<Outcome<StoppedRelay>> {
  const { folder, purge = false, dryRun = false } = options;
  const relay = await needRelay(ctx, folder);
  const { engine } = await ctx.relay(folder);
  const changed = (await engine.container()) !== undefined;
  if (dryRun) return { data: { folder, changed, purged: false } };
  await ctx.locks.withLock(join(folder, ".lock"), () => engine.remove(), { purpose: "stopping the relay" });
  if (purge) await removeRelay(ctx, folder, relay);
  return { data: { folder, changed, purged: purge } };
}
