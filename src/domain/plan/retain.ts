import type { Capabilities } from "../engine-facts.ts";
import type { Key } from "../key.ts";
import type { Shard, Slot } from "../shard.ts";
import { type Claim, describeHolder } from "./claim.ts";
import { type DraftShard, type DraftSlot, serves } from "./draft.ts";
import { revocation } from "./revoked.ts";

/**
 * Takes over the shards as they are: every claim whose key sits in a fitting slot stays there, and a key that lost its holder is
 * replaced. Claims that were found are removed from `open`.
 */
export function retainShards(
  shards: readonly Shard[],
  open: Map<string, Claim>,
  capabilities: Capabilities,
  newKey: () => Key,
): DraftShard[] {
  return shards.filter((shard) => fitsEngine(shard, capabilities)).map(retain);

  function retain(shard: Shard): DraftShard {
    const reasons: string[] = [];
    const slots = shard.slots.flatMap((slot) => retainSlot(shard, slot, reasons));
    return { ...shard, slots, coverDomains: [...shard.coverDomains], tag: shard.tag, isNew: false, reasons };
  }

  function retainSlot(shard: Shard, slot: Slot, reasons: string[]): DraftSlot | [] {
    const digits = slot.key.reveal();
    const claim = open.get(digits);
    if (claim !== undefined && serves(shard, claim.family, shard.family === "any" ? undefined : claim.domain)) {
      open.delete(digits);
      if (claim.enabled !== (slot.disabled !== true)) reasons.push(switched(claim));
      return { key: slot.key, claim };
    }
    if (slot.holder === undefined && claim === undefined) return { key: slot.key };
    const holder = claim?.holder ?? slot.holder ?? "";
    reasons.push(claim === undefined ? revocation(holder) : `${describeHolder(holder)} moves away`);
    return capabilities.changesKeysLive ? [] : { key: newKey() };
  }
}

function switched({ holder, enabled }: Claim): string {
  return enabled ? `${describeHolder(holder)} is enabled` : revocation(holder);
}

/** A shard that another engine planned cannot be run by this one: its holders are placed anew. */
function fitsEngine(shard: Shard, capabilities: Capabilities): boolean {
  return (shard.family === "any") === capabilities.mixesFamilies && shard.slots.length <= capabilities.keysPerShard;
}
