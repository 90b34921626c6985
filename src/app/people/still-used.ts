import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import type { Key } from "../../domain/key.ts";
import { describeHolder, keyHolders } from "../../domain/plan/claim.ts";
import { sharedHolder } from "../../domain/shard.ts";
import { loadState } from "../load-state.ts";

/** A key that somebody else has too goes on working after it was taken from one: such a link is never said to be dead. */
export async function stillUsed(ctx: Context, name: string, key: Key): Promise<AppError | undefined> {
  const { users, sharedSecrets } = await loadState(ctx);
  const [other] = keyHolders(key, users, sharedSecrets);
  if (other === undefined) return undefined;
  const hint =
    other === sharedHolder
      ? "mtproxy list-secrets shows it; mtproxy regenerate-secret gives it another key, mtproxy remove-secret takes it away"
      : `mtproxy regenerate-user-secret ${other} gives another key`;
  return new AppError("conflict", `${name}'s old link STILL WORKS: ${describeHolder(other)} has the same key`, {
    hint,
  });
}
