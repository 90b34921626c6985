import type { Key } from "../key.ts";
import type { ModeFamily } from "../shard.ts";
import type { Claim } from "./claim.ts";

/** A slot while the plan is being made. */
export interface DraftSlot {
  key: Key;
  claim?: Claim;
}

/** A shard while the plan is being made; the only mutable thing in planning. */
export interface DraftShard {
  readonly id: number;
  readonly family: ModeFamily;
  /** See Claim. */
  readonly group: string | undefined;
  port: number;
  readonly slots: DraftSlot[];
  readonly coverDomains: string[];
  pinned: Readonly<Record<string, string>>;
  tag: string | undefined;
  /** Not running yet, so that nothing done to it cuts anyone. */
  readonly isNew: boolean;
  /** Why a running process must be restarted for it. */
  readonly reasons: string[];
}

/** What a new shard is to serve. */
export interface ShardKind {
  readonly family: ModeFamily;
  readonly coverDomains: readonly string[];
  readonly group?: string | undefined;
}

/** Slots that nobody claims. */
export function spareSlots(shard: DraftShard): number {
  return shard.slots.reduce((count, slot) => (slot.claim === undefined ? count + 1 : count), 0);
}

export function isEmpty(shard: DraftShard): boolean {
  return shard.slots.every((slot) => slot.claim === undefined);
}

export function serves(
  shard: { readonly family: ModeFamily; readonly coverDomains: readonly string[] },
  family: ModeFamily,
  domain: string | undefined,
): boolean {
  return shard.family === family && (domain === undefined || shard.coverDomains.includes(domain));
}
