import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { sharedHolder } from "../../domain/shard.ts";
import { type NumberedSecret, numbered, type SharedSecret } from "../../domain/shared-secret.ts";
import { bringLive } from "../live/bring-live.ts";
import { knownPlaces } from "../live/known-places.ts";
import { planState } from "../live/plan-state.ts";
import { loadSettings, loadState } from "../load-state.ts";
import type { Outcome } from "../outcome.ts";
import { freshSecret, type SecretOptions, spareKeys, wantedSecret } from "../people/wanted-secret.ts";
import { proveSecret } from "./prove-secret.ts";
import { describeSecret, handOutSecret, type SharedSecretCard, sharedSecretCard } from "./shared-secret-card.ts";

export interface AddSecretOptions extends SecretOptions {
  /** What is the default anyway. */
  readonly withPadding?: boolean | undefined;
  /** For whom it is, in the admin's words. */
  readonly description?: string | undefined;
  /** A running shard may be restarted to take the cover domain. */
  readonly allowRestart?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
}

/**
 * Makes a secret that belongs to no user, in one write, and makes its link work.
 * @returns failure when it is saved but does not work
 * @throws AppError usage for wishes that exclude each other, invalid for a domain outside the whitelist
 */
export async function addSecret(ctx: Context, options: AddSecretOptions): Promise<Outcome<SharedSecretCard>> {
  await loadSettings(ctx);
  const entry = await writeSecret(ctx, options);
  if (options.dryRun === true) return { data: sharedSecretCard(ctx, await planState(ctx), entry) };
  const { failure } = await bringLive(ctx, `${describeSecret(entry)} is saved, but its link does not work yet`, {
    allowRestart: options.allowRestart ?? false,
    changedUsers: [sharedHolder],
  });
  const planned = await (failure === undefined ? planState(ctx) : knownPlaces(ctx));
  const data = await handOutSecret(ctx, planned, entry);
  return failure === undefined ? { data, ...(await proveSecret(ctx, planned, entry)) } : { data, failure };
}

function writeSecret(ctx: Context, options: AddSecretOptions): Promise<NumberedSecret> {
  if (options.withPadding === true && (options.plain ?? options.fakeTls ?? options.domain) !== undefined)
    throw new AppError("usage", "a secret is padded, plain or fake-TLS: one of the three");
  return ctx.stores.exclusively("adding a shared secret", async () => {
    const state = await loadState(ctx);
    const entry: SharedSecret = {
      secret: freshSecret(ctx, state, wantedSecret(state, options, "padded"), spareKeys(state)),
      active: true,
      createdAt: ctx.clock.now().toISOString(),
      ...(options.description === undefined ? {} : { description: options.description }),
    };
    const all = [...state.sharedSecrets, entry];
    if (options.dryRun !== true) {
      ctx.putOffInterrupts();
      await ctx.stores.sharedSecrets.write(all);
    }
    return numbered(all).at(-1) ?? { ...entry, number: all.length, id: "" };
  });
}
