import type { Context } from "../../context.ts";
import type { Move, RevokedKey, ShardBook } from "../../domain/shard.ts";
import type { PlannedState } from "../load-state.ts";

/** Forgets revocations that are carried out; what another command planned meanwhile stays. */
export async function recordRevoked(ctx: Context, done: readonly RevokedKey[]): Promise<void> {
  if (done.length === 0) return;
  const digits = new Set(done.map(({ key }) => key.reveal()));
  await change(ctx, (book) => ({ ...book, revoking: book.revoking.filter(({ key }) => !digits.has(key.reveal())) }));
}

/** Forgets moves that everybody's files tell of, and remembers the server that they name. */
export async function recordLinks(ctx: Context, { state, plan }: PlannedState): Promise<void> {
  const { publicHost } = state.settings;
  if (plan.moves.length === 0 && state.book.linkedHost === publicHost) return;
  const done = new Set(plan.moves.map(arrival));
  await change(ctx, (book) => ({
    ...book,
    linkedHost: publicHost,
    moving: book.moving.filter((move) => !done.has(arrival(move))),
  }));
}

function arrival({ holder, toPort }: Move): string {
  return `${holder} ${toPort}`;
}

function change(ctx: Context, edit: (book: ShardBook) => ShardBook): Promise<void> {
  return ctx.stores.exclusively("recording what is live", async () =>
    ctx.stores.shards.write(edit(await ctx.stores.shards.read())),
  );
}
