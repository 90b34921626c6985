import type { LiveKey, ShardDeployment } from "../deployment.ts";
import type { Shard, ShardBook, Slot } from "../shard.ts";
import { throwawayKey } from "../throwaway-key.ts";
import type { Claim } from "./claim.ts";
import type { DraftShard, DraftSlot } from "./draft.ts";
import { movesSince } from "./moves.ts";
import { revokedKeys } from "./revoked.ts";
import type { Placement, Plan } from "./types.ts";

/** What the finished drafts mean: the book to write, the keys to serve, and what changes for whom. */
export function describePlan(
  before: ShardBook,
  claims: ReadonlyMap<string, Claim>,
  drafts: readonly DraftShard[],
): Plan {
  const shards = [...drafts].sort((a, b) => a.id - b.id);
  const placements = new Map<string, Placement>();
  for (const { id, port, family, coverDomains, slots } of shards) {
    for (const { key, claim } of slots) {
      if (claim !== undefined)
        placements.set(key.reveal(), { holder: claim.holder, shardId: id, port, family, coverDomains });
    }
  }
  const planned = shards.map((shard) => ({ shard: freeze(shard), liveKeys: liveKeysOf(shard, before.salt) }));
  const revocations = revokedKeys(before, claims);
  const moves = movesSince(before, placements);
  return {
    book: { ...nextBook(before, planned), revoking: revocations, moving: moves },
    shards: planned,
    placements,
    revocations,
    moves,
    reasons: new Map(shards.map((shard) => [shard.id, shard.isNew ? [] : shard.reasons])),
  };
}

function liveKeysOf(shard: DraftShard, salt: string): LiveKey[] {
  return shard.slots.flatMap(({ key, claim }): LiveKey | [] => {
    if (claim === undefined) return { key };
    if (claim.enabled) return { key, holder: claim.holder };
    return shard.family === "any" ? [] : { key: throwawayKey(salt, key) };
  });
}

function freeze({ id, family, port, slots, coverDomains, pinned, tag, group }: DraftShard): Shard {
  return {
    id,
    family,
    port,
    slots: slots.map(freezeSlot),
    coverDomains,
    pinned,
    ...(tag === undefined ? {} : { tag }),
    ...(group === undefined ? {} : { group }),
  };
}

function freezeSlot({ key, claim }: DraftSlot): Slot {
  if (claim === undefined) return { key };
  return { key, holder: claim.holder, ...(claim.enabled ? {} : { disabled: true }) };
}

function nextBook(book: ShardBook, planned: readonly ShardDeployment[]): ShardBook {
  const shards = planned.map(({ shard }) => shard);
  const used = new Set(shards.map((shard) => shard.port));
  const before = book.shards.map((shard) => shard.port);
  const retired = [...new Set([...book.retiredPorts, ...before])].filter((port) => !used.has(port));
  return { ...book, retiredPorts: retired, shards };
}
