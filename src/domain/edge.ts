/** What HAProxy is configured from, beside the keys that only the agents know. */
export interface EdgeConfig {
  /** Ports of this host that links name; every one is served. */
  readonly ports: readonly number[];
  /** Connections at a time: for all, and from one address. */
  readonly maxConnections: number;
  readonly maxConnectionsPerSource: number;
  /** How long an address counts as one of its user's after it was last seen, seconds. */
  readonly addressWindow: number;
  readonly shards: readonly EdgeShard[];
  readonly servers: readonly EdgeServer[];
  readonly site: CoverSite;
  /** uid and gid that HAProxy's workers run as; the agents' sockets belong to this group. */
  readonly user: { readonly uid: number; readonly gid: number };
}

/** Where a shard is reached in the edge's own network. */
export interface EdgeShard {
  readonly id: number;
  readonly kind: "obfuscated" | "fake-tls";
  /** IPv4 address of the instance that takes new connections. */
  readonly address: string;
  readonly port: number;
}

/** HAProxy's server entry for one key. */
export interface EdgeServer {
  readonly name: string;
  readonly shardId: number;
}

/** Where strangers go. */
export type CoverSite =
  /** The listed domains themselves, each at its pinned address; the first also serves who names none. */
  | { readonly kind: "domains"; readonly domains: readonly { readonly domain: string; readonly address: string }[] }
  /** A site on this host. */
  | { readonly kind: "local"; readonly address: string; readonly port: number };
