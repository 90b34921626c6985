import type { Context } from "../../context.ts";
import { withHolders } from "../../domain/shard.ts";
import { secretsOf, type User } from "../../domain/user.ts";

export type Holder = Pick<User, "name" | "secret" | "former">;

/**
 * Writes down that a user has the keys, before one is taken away: only a slot with a holder is revoked. A command that was cut off
 * between giving a spare key and settling the plan left the slot looking spare, so that the key would go on working and be handed to
 * the next person.
 */
export function holdKey(ctx: Context, user: Holder): Promise<void> {
  return holdKeys(ctx, [user]);
}

/** The same for many, in one write or none. */
export async function holdKeys(ctx: Context, users: readonly Holder[]): Promise<void> {
  const holders = holdersOf(users);
  if (holders.size === 0) return;
  const book = await ctx.stores.shards.read();
  const next = withHolders(book, holders);
  if (next !== book) await ctx.stores.shards.write(next);
}

/** Who has a key, by its digits; of several the first. */
export function holdersOf(users: readonly Holder[]): Map<string, string> {
  const all = users.flatMap((user) => secretsOf(user).map(({ key }): [string, string] => [key.reveal(), user.name]));
  return new Map(all.reverse());
}
