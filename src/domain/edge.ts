import type { SourceRule } from "./source-rule.ts";

/** The container's and the compose service's name of HAProxy. */
export const HAPROXY_NAME = "familytraffic-mtproxy-haproxy";

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
  /** How many shards there is a place for, at least those that there are; see edge-places.ts. */
  readonly places?: number;
  readonly servers: readonly EdgeServer[];
  readonly site: CoverSite;
  /**
   * IPv4 network of the shards, `ADDRESS/BITS`. Nobody in it comes in by the front door: a shard takes its strangers to its cover
   * domain, and when that is this server they would go round and round.
   */
  readonly subnet: string;
  /** Who may come from where; everybody from everywhere when absent. */
  readonly sources?: SourceRule;
  /** Rates that somebody may be held to, bytes a second; for an HAProxy that can. */
  readonly rates?: readonly number[];
  /** Addresses of relays, which say in a PROXY header whom they pass on. */
  readonly relays?: readonly string[];
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

/**
 * Where strangers go.
 * - `page`: HAProxy itself serves a page over TLS
 * - `server`: another web server, on this host or wherever HAProxy reaches it
 * - `domains`: the listed domains themselves, each at its pinned address; the first also serves who names none of them. With none at
 *   all a stranger's connection ends.
 */
export type CoverSite =
  | ({ readonly kind: "page" } & SitePage)
  | ({ readonly kind: "server"; readonly address: string; readonly port: number } & Patience)
  | ({
      readonly kind: "domains";
      readonly domains: readonly { readonly domain: string; readonly address: string }[];
    } & Patience);

export interface SitePage {
  /** PEM: the certificate, those between it and a known authority, and the private key. */
  readonly certificate: string;
  /** HTML, at most `PAGE_BYTES`. */
  readonly page: string;
}

/** Seconds after which the site closes a connection that says nothing, where that is known: the edge then does so in its place. */
interface Patience {
  readonly patience?: number;
}

/** HAProxy answers from one of its buffers. */
export const PAGE_BYTES = 12_000;
