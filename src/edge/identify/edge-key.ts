import type { Key } from "../../domain/key.ts";
import type { ModeFamily } from "../../domain/shard.ts";

/** Why a key that fits does not open the door. */
export type Refusal = "revoked" | "disabled" | "expired" | "over-quota";

/** A key that may come to the edge: whose it is, and which shard serves it. */
export interface EdgeKey {
  readonly key: Key;
  /** User name, or the name of a shared secret. */
  readonly holder: string;
  /** HAProxy's server entry for it: one a key, so that a holder's connections are counted and closed exactly. */
  readonly server: string;
  readonly shardId: number;
  /** What its shard takes: a header with a fake-TLS key is refused by the C proxy, and the other way round. */
  readonly family: Exclude<ModeFamily, "any">;
  /** The `-D` names of its shard; empty unless it serves fake-TLS. */
  readonly coverDomains: readonly string[];
  readonly refusal?: Refusal;
  /** Connections at a time. */
  readonly maxConnections?: number;
  /** Distinct addresses at a time. */
  readonly maxAddresses?: number;
  /** Bytes a second in each direction, over all of the holder's connections. */
  readonly rate?: number;
}
