import type { Context } from "../../context.ts";
import { withHolder } from "../../domain/shard.ts";
import { secretsOf, type User } from "../../domain/user.ts";

type Holder = Pick<User, "name" | "secret" | "former">;

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
  const held = users.flatMap((user) => secretsOf(user).map(({ key }) => ({ key, name: user.name })));
  if (held.length === 0) return;
  const book = await ctx.stores.shards.read();
  const next = held.reduce((before, { key, name }) => withHolder(before, key, name), book);
  if (next !== book) await ctx.stores.shards.write(next);
}
