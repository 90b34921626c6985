import { type RevokedKey, type ShardBook, type Slot, sharedHolder } from "../shard.ts";
import type { ShardChange } from "./changes.ts";
import { type Claim, describeHolder } from "./claim.ts";
import type { Plan } from "./types.ts";

/** What is asked for one key; a `Claim`, or less of it. */
type Wish = Pick<Claim, "holder" | "enabled">;

/**
 * Keys that shall let nobody in and that a process may still accept: taken away before and never known to be live, taken away since
 * the book was written, or of somebody who was disabled since.
 * @param wishes by key digits
 */
export function revokedKeys({ shards, revoking }: ShardBook, wishes: ReadonlyMap<string, Wish>): RevokedKey[] {
  const before = revoking.filter(({ key }) => wishes.get(key.reveal())?.enabled !== true);
  const known = new Set(before.map(({ key }) => key.reveal()));
  const since: RevokedKey[] = [];
  for (const { id, slots } of shards) {
    for (const slot of slots) {
      const digits = slot.key.reveal();
      const holder = lostHolder(slot, wishes.get(digits));
      if (holder !== undefined && !known.has(digits)) since.push({ key: slot.key, holder, shardId: id });
    }
  }
  return [...before, ...since];
}

/** Who loses the key with the next apply. */
function lostHolder(slot: Slot, wish: Wish | undefined): string | undefined {
  return slot.disabled === true || wish?.enabled === true ? undefined : (slot.holder ?? wish?.holder);
}

/** A revoked key as people and programs are told of it. */
export type Revocation = Omit<RevokedKey, "key">;

/** Revocations that the processes do not carry out yet: a process that needs no change has none of the keys any more. */
export function openRevocations(
  { revocations }: Pick<Plan, "revocations">,
  changes: readonly Pick<ShardChange, "shardId" | "action">[],
): Revocation[] {
  const open = new Set(
    changes.flatMap(({ shardId, action }) => (action === "none" || action === "create" ? [] : [shardId])),
  );
  return withoutKeys(revocations.filter(({ shardId }) => open.has(shardId)));
}

/** Each person and shard once. */
export function withoutKeys(revoked: readonly RevokedKey[]): Revocation[] {
  const told = new Map(revoked.map(({ holder, shardId }) => [`${holder} ${shardId}`, { holder, shardId }]));
  return [...told.values()];
}

/** Why a process changes. */
export function revocation(holder: string): string {
  return `the key of ${describeHolder(holder)} is revoked`;
}

/** A sentence for each person whom only the agents refuse yet. */
export function deferredWarnings(revoked: readonly Revocation[]): string[] {
  const holders = [...new Set(revoked.map(({ holder }) => holder))];
  return holders.map((holder) => {
    const who = holder === sharedHolder ? describeHolder(holder) : `a key of ${holder}`;
    return `${who} is taken away and HAProxy refuses it; its proxy drops it within 10 minutes (mtproxy tick), and would take it while no agent answers`;
  });
}

/** A sentence for each person who still gets in, for commands that only read. */
export function accessWarnings(revoked: readonly Revocation[]): string[] {
  const holders = [...new Set(revoked.map(({ holder }) => holder))];
  return holders.map((holder) => {
    const who = holder === sharedHolder ? describeHolder(holder) : `a key of ${holder}`;
    return `${who} is taken away BUT STILL WORKS until that is live: mtproxy apply`;
  });
}
