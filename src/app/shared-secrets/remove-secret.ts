import type { Context } from "../../context.ts";
import { sharedHolder } from "../../domain/shard.ts";
import { findSharedSecret, type NumberedSecret } from "../../domain/shared-secret.ts";
import { hasSecret } from "../../domain/user.ts";
import { bringLive } from "../live/bring-live.ts";
import { loadState, type State } from "../load-state.ts";
import type { Outcome } from "../outcome.ts";
import { removeClientFiles, sharedFolder } from "../people/client-files.ts";
import { holdKey } from "../people/hold-key.ts";
import { stillUsed } from "../people/still-used.ts";
import { describeSecret, type ListedSecret, listedSecret } from "./shared-secret-card.ts";

export interface RemoveSecretOptions {
  /** Number, id, masked or whole secret. */
  readonly wanted: string;
  readonly dryRun?: boolean | undefined;
}

export interface RemovedSecret extends ListedSecret {
  /** Nobody has a live link without it. */
  readonly last: boolean;
  readonly removed: boolean;
  /** The old link is dead now. */
  readonly revoked: boolean;
}

interface TakenAway {
  readonly entry: NumberedSecret;
  readonly last: boolean;
}

/**
 * Takes a shared secret away: its link is dead when this returns.
 * @returns failure when the key could not be revoked, or somebody else has it too
 * @throws AppError not-found, or conflict where it is not clear which one is meant
 */
export async function removeSecret(ctx: Context, options: RemoveSecretOptions): Promise<Outcome<RemovedSecret>> {
  const { entry, last } = await takeAway(ctx, options);
  const isDone = options.dryRun !== true;
  const data = { ...listedSecret(entry), last, removed: isDone, revoked: false };
  if (!isDone) return { data };
  const name = describeSecret(entry);
  await removeClientFiles(ctx, sharedFolder(entry.id));
  const live = await bringLive(ctx, `${name} is removed, BUT ITS LINK STILL WORKS until the change is live`, {
    whileStopped: `${name} is removed and nobody has access now`,
    changedUsers: [sharedHolder],
  });
  const failure = live.failure ?? (await stillUsed(ctx, name, entry.secret.key));
  return failure === undefined ? { data: { ...data, revoked: true } } : { data, failure };
}

function takeAway(ctx: Context, { wanted, dryRun }: RemoveSecretOptions): Promise<TakenAway> {
  return ctx.stores.exclusively("removing a shared secret", async () => {
    const state = await loadState(ctx);
    const entry = findSharedSecret(state.sharedSecrets, wanted);
    const rest = state.sharedSecrets.filter((_, index) => index !== entry.number - 1);
    if (dryRun !== true) {
      ctx.putOffInterrupts();
      await holdKey(ctx, { name: sharedHolder, secret: entry.secret });
      await ctx.stores.sharedSecrets.write(rest);
    }
    return { entry, last: !lettingIn({ ...state, sharedSecrets: rest }) };
  });
}

/** Whether anybody has a link that is meant to work. */
function lettingIn({ users, sharedSecrets }: Pick<State, "users" | "sharedSecrets">): boolean {
  return users.some((user) => hasSecret(user) && user.enabled) || sharedSecrets.some(({ active }) => active);
}
