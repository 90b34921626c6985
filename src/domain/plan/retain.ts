import type { Shard, Slot } from "../shard.ts";
import { type Claim, describeHolder } from "./claim.ts";
import { type DraftShard, type DraftSlot, serves } from "./draft.ts";
import { groupOfShard, groupsApart } from "./groups.ts";
import { revocation } from "./revoked.ts";
import type { PlanInput } from "./types.ts";

/**
 * Takes over the shards as they are: every claim whose key sits in a fitting slot stays there, and a key that lost its holder is
 * replaced. Claims that were found are removed from `open`.
 */
export function retainShards(input: PlanInput, open: Map<string, Claim>): DraftShard[] {
  const { book, capabilities, newKey } = input;
  const apart = groupsApart(input);
  return book.shards.filter((shard) => fitsEngine(shard, input)).map(retain);

  function retain(shard: Shard): DraftShard {
    const reasons: string[] = [];
    const claims = shard.slots.map(({ key }) => open.get(key.reveal()));
    const group = groupOfShard(shard.group, claims, apart, (claim) => canServe(shard, claim));
    const slots = shard.slots.flatMap((slot, index) => {
      const claim = claims[index];
      const stays = claim !== undefined && claim.group === group && canServe(shard, claim);
      return stays ? keep(slot, claim, reasons) : release(slot, claim, reasons);
    });
    return { ...shard, slots, coverDomains: [...shard.coverDomains], tag: shard.tag, group, isNew: false, reasons };
  }

  function keep({ key, disabled }: Slot, claim: Claim, reasons: string[]): DraftSlot {
    open.delete(key.reveal());
    if (claim.enabled !== (disabled !== true)) reasons.push(switched(claim));
    return { key, claim };
  }

  /** Who claims the key all the same is placed on another shard. */
  function release(slot: Slot, claim: Claim | undefined, reasons: string[]): DraftSlot | [] {
    if (slot.holder === undefined && claim === undefined) return { key: slot.key };
    const holder = claim?.holder ?? slot.holder ?? "";
    reasons.push(claim === undefined ? revocation(holder) : `${describeHolder(holder)} moves away`);
    return capabilities.changesKeysLive ? [] : { key: newKey() };
  }
}

function canServe(shard: Shard, { family, domain }: Claim): boolean {
  return serves(shard, family, shard.family === "any" ? undefined : domain);
}

function switched({ holder, enabled }: Claim): string {
  return enabled ? `${describeHolder(holder)} is enabled` : revocation(holder);
}

/** A shard that another engine planned cannot be run by this one: its holders are placed anew. */
function fitsEngine(shard: Shard, { capabilities }: PlanInput): boolean {
  return (shard.family === "any") === capabilities.mixesFamilies && shard.slots.length <= capabilities.keysPerShard;
}
