import type { Capabilities } from "../engine-facts.ts";
import type { Key } from "../key.ts";
import { type Claim, describeHolder } from "./claim.ts";
import { type DraftShard, type DraftSlot, type ShardKind, serves } from "./draft.ts";

interface PlacingRules {
  readonly capabilities: Capabilities;
  /** A cover domain may be added to a running shard, which restarts it. */
  readonly allowRestart: boolean;
  /** Makes an empty shard with the next free id and port. */
  open(kind: ShardKind): DraftShard;
}

/**
 * Gives every claim without a slot a place: a spare slot of a shard that serves it, else a new shard. A cover domain is only added
 * to a shard that does not run yet, unless a restart is allowed.
 */
export function placeClaims(claims: Iterable<Claim>, drafts: DraftShard[], rules: PlacingRules): void {
  const rooms = drafts.map((shard) => roomOf(shard, rules.capabilities));
  for (const claim of claims) takeSlot(chooseRoom(claim) ?? openRoom(claim), claim);

  function chooseRoom(claim: Claim): Room | undefined {
    const isOfKind = ({ family, group }: DraftShard) => family === claim.family && group === claim.group;
    const free = rooms.filter(({ shard, left }) => left > 0 && isOfKind(shard));
    return (
      free.find(({ shard }) => serves(shard, claim.family, claim.domain)) ??
      free.find(({ shard }) => shard.isNew || rules.allowRestart || rules.capabilities.changesKeysLive)
    );
  }

  function openRoom({ family, domain, group }: Claim): Room {
    const shard = rules.open({ family, coverDomains: domain === undefined ? [] : [domain], group });
    const room = roomOf(shard, rules.capabilities);
    drafts.push(shard);
    rooms.push(room);
    return room;
  }
}

/** A shard with the places that are left in it. */
interface Room {
  readonly shard: DraftShard;
  left: number;
  /** Those that a spare key fills, in their order; the trial engine's one shard may have thousands of others. */
  readonly spares: Iterator<DraftSlot, undefined>;
}

function roomOf(shard: DraftShard, capabilities: Capabilities): Room {
  const spares = shard.slots.filter((slot) => slot.claim === undefined);
  const left = spares.length + capabilities.keysPerShard - shard.slots.length;
  return { shard, left, spares: spares.values() };
}

function takeSlot(room: Room, claim: Claim): void {
  const { shard, spares } = room;
  room.left -= 1;
  if (claim.domain !== undefined && !shard.coverDomains.includes(claim.domain)) {
    shard.coverDomains.push(claim.domain);
    shard.reasons.push(`cover domain ${claim.domain} is added`);
  }
  const spare = spares.next().value;
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
