import type { Context } from "../../context.ts";
import { domainOf, makeSecret } from "../../domain/secret.ts";
import { sharedHolder } from "../../domain/shard.ts";
import {
  findSharedSecret,
  type NumberedSecret,
  type SharedSecret,
  sharedSecretId,
} from "../../domain/shared-secret.ts";
import { bringLive } from "../live/bring-live.ts";
import { knownPlaces } from "../live/known-places.ts";
import { newKey, planState } from "../live/plan-state.ts";
import { loadState, type State } from "../load-state.ts";
import type { Outcome } from "../outcome.ts";
import { linkOf, removeClientFiles, sharedFolder } from "../people/client-files.ts";
import { holdKey } from "../people/hold-key.ts";
import { stillUsed } from "../people/still-used.ts";
import { spareKeys } from "../people/wanted-secret.ts";
import { proveSecret } from "./prove-secret.ts";
import type { RemoveSecretOptions } from "./remove-secret.ts";
import { describeSecret, handOutSecret, type SharedSecretCard, sharedSecretCard } from "./shared-secret-card.ts";

export interface RegeneratedSecret extends SharedSecretCard {
  readonly previousId: string;
  /** Differs from `port` when no spare key was left where the secret was. */
  readonly previousPort: number | null;
}

interface Replaced {
  readonly previous: NumberedSecret;
  readonly entry: NumberedSecret;
}

/**
 * Gives a shared secret a new key: a spare of the same shard where there is one, so that the port stays. Its id changes with it,
 * its number stays. The old link is dead when this returns.
 * @returns failure when it is saved but not live: the old link still works then
 * @throws AppError not-found, or conflict where it is not clear which one is meant
 */
export async function regenerateSecret(
  ctx: Context,
  options: RemoveSecretOptions,
): Promise<Outcome<RegeneratedSecret>> {
  const before = await planState(ctx);
  const { previous, entry } = await replaceKey(ctx, options);
  const past = { previousId: previous.id, previousPort: linkOf(before, previous)?.port ?? null };
  if (options.dryRun === true) return { data: { ...sharedSecretCard(ctx, before, entry), ...past } };
  await removeClientFiles(ctx, sharedFolder(previous.id));
  const name = describeSecret(previous);
  const { failure } = await bringLive(
    ctx,
    `${name} has a new key, BUT THE OLD LINK STILL WORKS until the change is live`,
    { whileStopped: `${name} has a new key and nobody has access now`, changedUsers: [sharedHolder] },
  );
  const planned = await (failure === undefined ? planState(ctx) : knownPlaces(ctx));
  const data = { ...(await handOutSecret(ctx, planned, entry)), ...past };
  const fault = failure ?? (await stillUsed(ctx, name, previous.secret.key));
  return fault === undefined ? { data, ...(await proveSecret(ctx, planned, entry)) } : { data, failure: fault };
}

function replaceKey(ctx: Context, { wanted, dryRun }: RemoveSecretOptions): Promise<Replaced> {
  return ctx.stores.exclusively("regenerating a shared secret", async () => {
    const state = await loadState(ctx);
    const previous = findSharedSecret(state.sharedSecrets, wanted);
    const { number, id: _, ...kept } = previous;
    const fresh: SharedSecret = { ...kept, secret: withNewKey(ctx, state, previous) };
    const entry = { ...fresh, number, id: sharedSecretId(fresh.secret) };
    if (dryRun !== true) {
      ctx.putOffInterrupts();
      await holdKey(ctx, { name: sharedHolder, secret: previous.secret });
      await ctx.stores.sharedSecrets.write(
        state.sharedSecrets.map((one, index) => (index === number - 1 ? fresh : one)),
      );
    }
    return { previous, entry };
  });
}

function withNewKey(ctx: Context, state: State, { secret }: SharedSecret): SharedSecret["secret"] {
  const { mode, key } = secret;
  const domain = domainOf(secret);
  return makeSecret(mode, spareKeys(state).take({ mode, domain, near: key }) ?? newKey(ctx), domain);
}
