import type { LiveKey } from "../deployment.ts";
import type { Shard, ShardBook } from "../shard.ts";
import { throwawayKey } from "../throwaway-key.ts";
import type { Claim } from "./claim.ts";
import type { DraftShard } from "./draft.ts";
import type { Move, Placement, Plan, Revocation } from "./types.ts";

/** What the finished drafts mean: the book to write, the keys to serve, and what changes for whom. */
export function describePlan(
  before: ShardBook,
  claims: ReadonlyMap<string, Claim>,
  drafts: readonly DraftShard[],
  revocations: readonly Revocation[],
): Plan {
  const shards = [...drafts].sort((a, b) => a.id - b.id);
  const placements = new Map<string, Placement>();
  for (const { id, port, slots } of shards) {
    for (const { key, claim } of slots) {
      if (claim !== undefined) placements.set(key.reveal(), { holder: claim.holder, shardId: id, port });
    }
  }
  const kept = new Set(shards.map((shard) => shard.id));
  return {
    book: nextBook(before, shards),
    shards: shards.map((shard) => ({ shard: freeze(shard), liveKeys: liveKeysOf(shard, before.salt) })),
    placements,
    revocations: [...revocations, ...revokedWithTheirShard(before, shards, claims)],
    moves: movesSince(before, placements),
    reasons: new Map(shards.map((shard) => [shard.id, shard.isNew ? [] : shard.reasons])),
    retired: before.shards.map((shard) => shard.id).filter((id) => !kept.has(id)),
  };
}

function liveKeysOf(shard: DraftShard, salt: string): LiveKey[] {
  return shard.slots.flatMap(({ key, claim }): LiveKey[] => {
    if (claim === undefined) return [{ key }];
    if (claim.enabled) return [{ key, holder: claim.holder }];
    return shard.family === "any" ? [] : [{ key: throwawayKey(salt, key) }];
  });
}

function freeze({ id, family, port, slots, coverDomains, pinned, tag }: DraftShard): Shard {
  return {
    id,
    family,
    port,
    slots: slots.map(({ key, claim }) => (claim === undefined ? { key } : { key, holder: claim.holder })),
    coverDomains,
    pinned,
    ...(tag === undefined ? {} : { tag }),
  };
}

function nextBook(book: ShardBook, shards: readonly DraftShard[]): ShardBook {
  const used = new Set(shards.map((shard) => shard.port));
  const before = book.shards.map((shard) => shard.port);
  const retired = [...new Set([...book.retiredPorts, ...before])].filter((port) => !used.has(port));
  return { salt: book.salt, retiredPorts: retired, shards: shards.map(freeze) };
}

/** Keys that went with a shard which this engine cannot run, and that nobody has any more. */
function revokedWithTheirShard(
  book: ShardBook,
  kept: readonly DraftShard[],
  claims: ReadonlyMap<string, Claim>,
): Revocation[] {
  const ids = new Set(kept.filter((shard) => !shard.isNew).map((shard) => shard.id));
  return book.shards
    .filter((shard) => !ids.has(shard.id))
    .flatMap((shard) =>
      shard.slots.flatMap(({ key, holder }) =>
        holder === undefined || claims.has(key.reveal()) ? [] : [{ holder, shardId: shard.id }],
      ),
    );
}

function movesSince(book: ShardBook, placements: ReadonlyMap<string, Placement>): Move[] {
  return book.shards.flatMap((shard) =>
    shard.slots.flatMap(({ key, holder }) => {
      const now = holder === undefined ? undefined : placements.get(key.reveal());
      return now === undefined || now.port === shard.port
        ? []
        : [{ holder: now.holder, fromPort: shard.port, toPort: now.port }];
    }),
  );
}
