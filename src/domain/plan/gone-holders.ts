import { type ShardBook, sharedHolder } from "../shard.ts";
import type { User } from "../user.ts";

/** Users who have a slot and are no longer in users.json: somebody else removed them, and their keys work until the next apply. */
export function goneHolders(book: ShardBook, users: readonly User[]): string[] {
  const present = new Set(users.map(({ name }) => name));
  const holders = book.shards.flatMap(({ slots }) =>
    slots.flatMap(({ holder }) => (holder === undefined ? [] : [holder])),
  );
  return [...new Set(holders)].filter((holder) => holder !== sharedHolder && !present.has(holder));
}

/** The same as a sentence each, for commands that only read. */
export function goneWarnings(book: ShardBook, users: readonly User[]): string[] {
  return goneHolders(book, users).map(
    (name) => `${name} is gone from users.json, but the link works until the next apply: mtproxy apply`,
  );
}
