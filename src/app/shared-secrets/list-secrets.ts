import type { Context } from "../../context.ts";
import { dockerCapabilities } from "../../domain/engine-facts.ts";
import { claimsOf } from "../../domain/plan/claim.ts";
import { accessWarnings, revokedKeys } from "../../domain/plan/revoked.ts";
import { sharedHolder } from "../../domain/shard.ts";
import { numbered } from "../../domain/shared-secret.ts";
import type { Outcome } from "../outcome.ts";
import { type ListedSecret, listedSecret } from "./shared-secret-card.ts";

export interface SecretList {
  readonly secrets: readonly ListedSecret[];
  readonly active: number;
}

/** The shared secrets, masked. Works without an engine and before setup. */
export async function listSecrets(ctx: Context): Promise<Outcome<SecretList>> {
  const { stores } = ctx;
  const [{ users }, secrets, book] = await Promise.all([
    stores.users.read(),
    stores.sharedSecrets.read(),
    stores.shards.read(),
  ]);
  const revoked = revokedKeys(book, claimsOf(users, secrets, dockerCapabilities));
  return {
    data: { secrets: numbered(secrets).map(listedSecret), active: secrets.filter(({ active }) => active).length },
    warnings: accessWarnings(revoked.filter(({ holder }) => holder === sharedHolder)),
  };
}
