import type { Capabilities } from "../engine-facts.ts";
import type { Key } from "../key.ts";
import type { Shard, Slot } from "../shard.ts";
import { type Claim, describeHolder } from "./claim.ts";
import { type DraftShard, type DraftSlot, serves } from "./draft.ts";
import type { Revocation } from "./types.ts";

/**
 * Takes over the shards as they are: every claim whose key sits in a fitting slot stays there, and a key that lost its holder is
 * replaced. Claims that were found are removed from `open`.
 */
export function retainShards(
  shards: readonly Shard[],
  open: Map<string, Claim>,
  capabilities: Capabilities,
  newKey: () => Key,
): { drafts: DraftShard[]; revocations: Revocation[] } {
  const revocations: Revocation[] = [];
  const drafts = shards.filter((shard) => fitsEngine(shard, capabilities)).map(retain);
  return { drafts, revocations };

  function retain(shard: Shard): DraftShard {
    const reasons: string[] = [];
    const slots = shard.slots.flatMap((slot) => retainSlot(shard, slot, reasons));
    return { ...shard, slots, coverDomains: [...shard.coverDomains], tag: shard.tag, isNew: false, reasons };
  }

  function retainSlot(shard: Shard, slot: Slot, reasons: string[]): DraftSlot[] {
    const digits = slot.key.reveal();
    const claim = open.get(digits);
    if (claim !== undefined && serves(shard, claim.family, shard.family === "any" ? undefined : claim.domain)) {
      open.delete(digits);
      return [{ key: slot.key, claim }];
    }
    if (slot.holder === undefined && claim === undefined) return [{ key: slot.key }];
    const holder = claim?.holder ?? slot.holder ?? "";
    if (claim === undefined) revocations.push({ holder, shardId: shard.id });
    reasons.push(
      claim === undefined ? `the key of ${describeHolder(holder)} is revoked` : `${describeHolder(holder)} moves away`,
    );
    return capabilities.changesKeysLive ? [] : [{ key: newKey() }];
  }
}

/** A shard that another engine planned cannot be run by this one: its holders are placed anew. */
function fitsEngine(shard: Shard, capabilities: Capabilities): boolean {
  return (shard.family === "any") === capabilities.mixesFamilies && shard.slots.length <= capabilities.keysPerShard;
}
