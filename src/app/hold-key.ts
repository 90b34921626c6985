import type { Context } from "../context.ts";
import { withHolder } from "../domain/shard.ts";
import type { User } from "../domain/user.ts";

/**
 * Writes down that a user has the key, before it is taken away: only a slot with a holder is revoked. A command that was cut off
 * between giving a spare key and settling the plan left the slot looking spare, so that the key would go on working and be handed to
 * the next person.
 */
export async function holdKey(ctx: Context, { name, secret }: Pick<User, "name" | "secret">): Promise<void> {
  if (secret === undefined) return;
  const book = await ctx.stores.shards.read();
  const next = withHolder(book, secret.key, name);
  if (next !== book) await ctx.stores.shards.write(next);
}
