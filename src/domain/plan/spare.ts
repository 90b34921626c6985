import type { Capabilities } from "../engine-facts.ts";
import type { Key } from "../key.ts";
import type { Mode } from "../secret.ts";
import { familyOf, type ShardBook } from "../shard.ts";
import type { SharedSecret } from "../shared-secret.ts";
import type { User } from "../user.ts";
import { claimsOf } from "./claim.ts";
import { serves } from "./draft.ts";

interface SpareQuery {
  readonly book: ShardBook;
  readonly users: readonly User[];
  readonly sharedSecrets: readonly SharedSecret[];
  readonly capabilities: Capabilities;
  readonly mode: Mode;
  /** Cover domain that the shard must list. */
  readonly domain?: string | undefined;
  /** Shard that is looked at first: whoever gets a new key there keeps the port. */
  readonly preferred?: number | undefined;
}

/** A key that a running shard accepts already and nobody ever had; undefined when a new shard or a restart is needed. */
export function findSpareKey(query: SpareQuery): Key | undefined {
  const { book, capabilities, mode, domain, preferred } = query;
  if (capabilities.mixesFamilies) return undefined;
  const claims = claimsOf(query.users, query.sharedSecrets, capabilities);
  const fitting = book.shards.filter((shard) => serves(shard, familyOf(mode), domain));
  const inOrder = [...fitting.filter(({ id }) => id === preferred), ...fitting.filter(({ id }) => id !== preferred)];
  return inOrder
    .flatMap(({ slots }) => slots)
    .find(({ key, holder }) => holder === undefined && !claims.has(key.reveal()))?.key;
}
