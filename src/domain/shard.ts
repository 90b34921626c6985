import type { Key } from "./key.ts";
import type { Mode } from "./secret.ts";

/**
 * What one process serves. `-D` switches the C proxy to fake-TLS only, so padded and plain (both `obfuscated`) never share a
 * process with fake-TLS; the trial engine serves `any`.
 */
export type ModeFamily = "obfuscated" | "fake-tls" | "any";

/** Holder of the keys that belong to no user; no user name looks like it. */
export const sharedHolder = "*";

/** One of a shard's key places. */
export interface Slot {
  readonly key: Key;
  /**
   * Who had this key when it was last planned: a user name, or `sharedHolder`. A slot with a holder whose key nobody has any more was
   * revoked, and is never handed out again; a slot that never had one is spare.
   */
  readonly holder?: string;
  /** The holder was disabled when it was last planned, so that a throwaway key is served in this one's place. */
  readonly disabled?: true;
}

/** A key that was taken away from its holder. Until that is live the shard's process may still let its owner in. */
export interface RevokedKey {
  readonly key: Key;
  readonly holder: string;
  readonly shardId: number;
}

/** A holder whose link changes. */
export interface Move {
  readonly holder: string;
  readonly fromPort: number;
  readonly toPort: number;
}

/** One proxy process: its own port, mode family, keys, cover domains and tag. */
export interface Shard {
  /** 1, 2, 3 …; never reused while the shard exists, and part of the container's name. */
  readonly id: number;
  readonly family: ModeFamily;
  /** The public port that links name. */
  readonly port: number;
  readonly slots: readonly Slot[];
  /** The `-D` values in order; the first is what strangers see. Empty unless fake-TLS is served. */
  readonly coverDomains: readonly string[];
  /** Cover domain → IPv4 address it is pinned to, so that a start never waits for DNS. */
  readonly pinned: Readonly<Record<string, string>>;
  /** @MTProxybot's proxy tag, 32 hex digits. */
  readonly tag?: string;
  /** The group whose people alone are on it, because they have a tag of their own; absent for everybody else's shards. */
  readonly group?: string;
}

/** Everything that shards.json holds. */
export interface ShardBook {
  readonly shards: readonly Shard[];
  /** Secret of this home, 32 bytes in hex: throwaway keys of disabled users are derived from it. */
  readonly salt: string;
  /** Ports that were handed out in links once; a new shard does not take one of them. */
  readonly retiredPorts: readonly number[];
  /** Planned and not known to be live yet: whoever makes the plan live empties these. */
  readonly revoking: readonly RevokedKey[];
  readonly moving: readonly Move[];
  /** Server name in everybody's link files; undefined before the first were written. */
  readonly linkedHost?: string;
}

/** The book of a home where nothing was planned yet. */
export function emptyBook(salt: string): ShardBook {
  return { salt, shards: [], retiredPorts: [], revoking: [], moving: [] };
}

/**
 * The book with a holder in the slot of each key; the same book where those slots have one or there are none.
 * @param holders by key digits
 */
export function withHolders(book: ShardBook, holders: ReadonlyMap<string, string>): ShardBook {
  const newHolder = (slot: Slot) => (slot.holder === undefined ? holders.get(slot.key.reveal()) : undefined);
  if (!book.shards.some(({ slots }) => slots.some((slot) => newHolder(slot) !== undefined))) return book;
  const held = (slot: Slot): Slot => {
    const holder = newHolder(slot);
    return holder === undefined ? slot : { ...slot, holder };
  };
  return { ...book, shards: book.shards.map((shard) => ({ ...shard, slots: shard.slots.map(held) })) };
}

export function familyOf(mode: Mode): Exclude<ModeFamily, "any"> {
  return mode === "fake-tls" ? "fake-tls" : "obfuscated";
}

/**
 * Where the C proxy listens inside its container, whatever the public port is. Never 443 or 80: a client that comes in on 80 has
 * strangers taken to port 80 of the cover domain, and a domain that is pinned to the container itself would be a circle.
 */
export const INNER_PORT = 8443;

/**
 * Which of a shard's two instances. There is a `b` in edge routing only, where one of the two replaces the other without cutting
 * anybody.
 */
export type Side = "a" | "b";

/** The container's and the compose service's name for an instance. */
export function instanceName(id: number, side: Side = "a"): string {
  return side === "a" ? shardName(id) : `${shardName(id)}-b`;
}

/** The folder's name for a shard, and what it is called; the container's and the compose service's for its instance `a`. */
export function shardName(id: number): string {
  return id === 1 ? "familytraffic-mtproxy" : `familytraffic-mtproxy-${id}`;
}
