import type { Context } from "../../context.ts";
import type { Actor } from "../../domain/audit/entry.ts";
import { shardName } from "../../domain/shard.ts";
import type { InstanceName } from "../../engine/edge-engine.ts";
import { noteChange } from "./note-change.ts";

/** For `drainBetween`: writes down which proxies that were replaced are ended now. */
export function noteDrained(
  ctx: Context,
  actor: Actor,
  tell: (trouble: string) => void,
): (instances: readonly InstanceName[]) => Promise<void> {
  return (instances) => {
    const names = instances.map(({ shardId, side }) => `${shardName(shardId)} (${side})`);
    const words = `${names.join(", ")}: nobody was left, or the time was over`;
    return noteChange(ctx, { actor, command: "end what was replaced", about: [], words }, tell);
  };
}
