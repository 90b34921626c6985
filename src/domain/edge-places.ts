import type { EdgeShard } from "./edge.ts";

/** Where HAProxy leads whoever is to reach a shard. */
export interface ShardPlace {
  readonly id: number;
  /** IPv4 address. */
  readonly address: string;
  readonly port: number;
}

const STEP = 4;
/** Nobody answers there. */
export const emptyPlace = { address: "127.0.0.1", port: 1 } as const;

/** How many shards HAProxy has a place for, so that one that comes or goes need not make it load its configuration anew. */
export function placesFor(ids: readonly number[]): number {
  return Math.ceil(Math.max(1, ...ids) / STEP) * STEP;
}

/** The places of the shards, and those that are free for others: each can be filled, moved and emptied while HAProxy runs. */
export function shardPlaces(shards: readonly EdgeShard[], count = placesFor(shards.map(({ id }) => id))): ShardPlace[] {
  return Array.from({ length: count }, (_, index) => {
    const { address, port } = shards.find(({ id }) => id === index + 1) ?? emptyPlace;
    return { id: index + 1, address, port };
  });
}
