import type { Capabilities } from "../engine-facts.ts";
import type { Key } from "../key.ts";
import type { Mode } from "../secret.ts";
import { familyOf, type Shard, type ShardBook } from "../shard.ts";
import type { SharedSecret } from "../shared-secret.ts";
import { secretsOf, type User } from "../user.ts";
import { serves } from "./draft.ts";
import { groupApart, groupsApart } from "./groups.ts";

/** Which keys there are, and which of them somebody has. */
interface KnownKeys {
  readonly book: ShardBook;
  readonly users: readonly User[];
  readonly sharedSecrets: readonly SharedSecret[];
  readonly capabilities: Capabilities;
  /** See PlanInput. */
  readonly groupTags?: ReadonlyMap<string, string>;
}

interface SpareWish {
  readonly mode: Mode;
  /** Cover domain that the shard must list. */
  readonly domain?: string | undefined;
  /** Whose key it shall be: it comes from a shard of that group. */
  readonly group?: string | undefined;
  /** A key whose shard is looked at first: whoever gets a new key there keeps the port. */
  readonly near?: Key | undefined;
}

/** A shard and what it has to give. */
interface Stock {
  readonly shard: Shard;
  /** The next one to give stands last. */
  readonly spares: Key[];
}

/**
 * Keys that running shards accept already and nobody ever had. Each is given once, so that whoever needs keys for many people looks
 * through everybody's only once.
 */
export class SpareKeys {
  readonly #stocks: readonly Stock[];
  readonly #apart: ReadonlyMap<string, string>;
  /** By the digits of every key that stands in a slot. */
  readonly #stockOf = new Map<string, Stock>();

  constructor({ book, users, sharedSecrets, capabilities, groupTags }: KnownKeys) {
    this.#apart = groupsApart(groupTags === undefined ? { capabilities } : { capabilities, groupTags });
    const taken = new Set([...users.flatMap(secretsOf), ...sharedSecrets.map(({ secret }) => secret)].map(digitsOf));
    this.#stocks = (capabilities.mixesFamilies ? [] : book.shards).map((shard) => ({
      shard,
      spares: shard.slots
        .filter(({ key, holder }) => holder === undefined && !taken.has(key.reveal()))
        .map(({ key }) => key)
        .reverse(),
    }));
    for (const stock of this.#stocks) for (const { key } of stock.shard.slots) this.#stockOf.set(key.reveal(), stock);
  }

  /** Undefined when a new shard or a restart is needed. */
  take({ mode, domain, group, near }: SpareWish): Key | undefined {
    const [family, wanted] = [familyOf(mode), groupApart(group, this.#apart)];
    const hasOne = ({ shard, spares }: Stock) =>
      spares.length > 0 && serves(shard, family, domain) && groupApart(shard.group, this.#apart) === wanted;
    const nearest = near && this.#stockOf.get(near.reveal());
    const stock = nearest !== undefined && hasOne(nearest) ? nearest : this.#stocks.find(hasOne);
    return stock?.spares.pop();
  }
}

function digitsOf({ key }: { readonly key: Key }): string {
  return key.reveal();
}
