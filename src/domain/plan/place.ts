import type { Capabilities } from "../engine-facts.ts";
import type { Key } from "../key.ts";
import type { ModeFamily } from "../shard.ts";
import { type Claim, describeHolder } from "./claim.ts";
import { type DraftShard, type DraftSlot, serves, spareSlots } from "./draft.ts";

interface PlacingRules {
  readonly capabilities: Capabilities;
  /** A cover domain may be added to a running shard, which restarts it. */
  readonly allowRestart: boolean;
  /** Makes an empty shard with the next free id and port. */
  open(family: ModeFamily, coverDomains: readonly string[]): DraftShard;
}

/**
 * Gives every claim without a slot a place: a spare slot of a shard that serves it, else a new shard. A cover domain is only added
 * to a shard that does not run yet, unless a restart is allowed.
 */
export function placeClaims(claims: Iterable<Claim>, drafts: DraftShard[], rules: PlacingRules): void {
  const room = new Map(drafts.map((shard) => [shard, roomOf(shard, rules.capabilities)]));
  for (const claim of claims) {
    const shard = chooseShard(claim) ?? openShard(claim);
    takeSlot(shard, claim);
    room.set(shard, (room.get(shard) ?? 0) - 1);
  }

  function chooseShard(claim: Claim): DraftShard | undefined {
    const free = drafts.filter((shard) => shard.family === claim.family && (room.get(shard) ?? 0) > 0);
    return (
      free.find((shard) => serves(shard, claim.family, claim.domain)) ??
      free.find((shard) => shard.isNew || rules.allowRestart || rules.capabilities.changesKeysLive)
    );
  }

  function openShard(claim: Claim): DraftShard {
    const shard = rules.open(claim.family, claim.domain === undefined ? [] : [claim.domain]);
    drafts.push(shard);
    room.set(shard, rules.capabilities.keysPerShard);
    return shard;
  }
}

function roomOf(shard: DraftShard, capabilities: Capabilities): number {
  return spareSlots(shard) + capabilities.keysPerShard - shard.slots.length;
}

function takeSlot(shard: DraftShard, claim: Claim): void {
  if (claim.domain !== undefined && !shard.coverDomains.includes(claim.domain)) {
    shard.coverDomains.push(claim.domain);
    shard.reasons.push(`cover domain ${claim.domain} is added`);
  }
  const spare = shard.slots.find((slot) => slot.claim === undefined);
  if (spare === undefined) shard.slots.push({ key: claim.key, claim });
  else fill(spare, claim);
  if (!shard.isNew) shard.reasons.push(`${describeHolder(claim.holder)} is placed on it`);
}

function fill(slot: DraftSlot, claim: Claim): void {
  slot.key = claim.key;
  slot.claim = claim;
}

/** Fills every place of a shard, so that the next user takes one without a restart. */
export function fillWithSpares(shard: DraftShard, capabilities: Capabilities, newKey: () => Key): void {
  if (!Number.isFinite(capabilities.keysPerShard)) return;
  while (shard.slots.length < capabilities.keysPerShard) shard.slots.push({ key: newKey() });
}
