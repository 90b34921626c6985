import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { findSharedSecret, numbered } from "../../domain/shared-secret.ts";
import { planState } from "../live/plan-state.ts";
import type { Outcome } from "../outcome.ts";
import { inactive } from "./prove-secret.ts";
import { handOutSecret, type SharedSecretCard } from "./shared-secret-card.ts";

export interface SharedConfig {
  readonly secrets: readonly SharedSecretCard[];
}

/**
 * Links, files and advice of one shared secret, or of all. Works without an engine.
 * @param wanted number, id, masked or whole secret
 * @throws AppError not-found
 */
export async function showConfig(ctx: Context, wanted: string | undefined): Promise<Outcome<SharedConfig>> {
  const planned = await planState(ctx);
  const { sharedSecrets } = planned.state;
  if (wanted === undefined && sharedSecrets.length === 0)
    throw new AppError("not-found", "there is no shared secret", {
      hint: "mtproxy add-secret makes one; mtproxy show-user-config NAME shows a person's link",
    });
  const shown = wanted === undefined ? numbered(sharedSecrets) : [findSharedSecret(sharedSecrets, wanted)];
  const secrets: SharedSecretCard[] = [];
  for (const entry of shown) secrets.push(await handOutSecret(ctx, planned, entry));
  return { data: { secrets }, warnings: shown.filter(({ active }) => !active).map(inactive) };
}
