import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { describeHolder } from "../../domain/plan/claim.ts";
import { withHolders } from "../../domain/shard.ts";
import type { ProxyUser } from "../../domain/user.ts";
import type { KnownPlaces } from "./client-files.ts";
import { type Holder, holdersOf, holdKeys } from "./hold-key.ts";
import { type UserCard, userCard } from "./user-card.ts";

/**
 * The card of a user whose link is shown now. From here on the person may have the key, so its slot must not look spare when
 * another program deletes the record: that is written down first.
 */
export async function handOut(ctx: Context, planned: KnownPlaces, user: ProxyUser): Promise<UserCard> {
  await noteHolders(ctx, [user]);
  return userCard(ctx, planned, user);
}

/** A home that cannot be written, or is busy for long, keeps nobody from seeing a link. */
export async function noteHolders(ctx: Context, users: readonly Holder[]): Promise<void> {
  const book = await ctx.stores.shards.read();
  if (withHolders(book, holdersOf(users)) === book) return;
  const [first] = users;
  const whom = first === undefined || users.length > 1 ? `${users.length} people` : describeHolder(first.name);
  try {
    await ctx.stores.exclusively(`showing ${whom}`, () => holdKeys(ctx, users));
  } catch (error) {
    if (!(error instanceof AppError && (error.kind === "environment" || error.kind === "conflict"))) throw error;
  }
}
