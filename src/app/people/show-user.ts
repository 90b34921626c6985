import type { Context } from "../../context.ts";
import { emptyAccount } from "../../domain/account.ts";
import { AppError } from "../../domain/errors.ts";
import { Ledger } from "../../domain/ledger.ts";
import type { Settings } from "../../domain/settings.ts";
import { findUser, hasSecret, type User } from "../../domain/user.ts";
import { planState } from "../live/plan-state.ts";
import type { Outcome } from "../outcome.ts";
import { rateWarnings } from "../routing/known-haproxy.ts";
import { handOut } from "./hand-out.ts";
import type { UserCard } from "./user-card.ts";

/**
 * What a user was given. Works without an engine.
 * @throws AppError not-found, or conflict for a user without a secret
 */
export async function showUser(ctx: Context, name: string): Promise<Outcome<UserCard>> {
  const planned = await planState(ctx);
  const user = findUser(planned.state.users, name);
  if (!hasSecret(user))
    throw new AppError("conflict", `${user.name} has no MTProxy secret`, {
      hint: `mtproxy add-user ${user.name} gives one`,
    });
  const { engineRecord, settings } = planned.state;
  const warnings = [
    ...(user.enabled ? [] : [`${user.name} is disabled, so the link does not work: mtproxy enable-user ${user.name}`]),
    ...rateWarnings([user], engineRecord, settings),
  ];
  const card = await handOut(ctx, planned, user);
  return { data: { ...card, ...(await usedBy(ctx, settings, user)) }, warnings };
}

/** As the daemon wrote it down some seconds ago. */
async function usedBy(
  ctx: Context,
  { routing }: Settings,
  user: User,
): Promise<Pick<UserCard, "traffic" | "quotaUsed">> {
  if (routing !== "edge") return {};
  const [ledger, now] = [new Ledger(await ctx.stores.ledger.read()), ctx.clock.now()];
  // Whoever had the name before is somebody else, also while the daemon does not know it yet.
  ledger.setPeople([user], now);
  const [bytesIn, bytesOut, connections] = (ledger.account(user.name) ?? emptyAccount).total;
  const traffic = { bytesIn, bytesOut, connections };
  const quota = user.limits?.quota;
  return quota === undefined ? { traffic } : { traffic, quotaUsed: ledger.used(user.name, quota.period, now) };
}
