import type { Context } from "../../context.ts";
import { emptyAccount } from "../../domain/account.ts";
import { AppError } from "../../domain/errors.ts";
import { Ledger } from "../../domain/ledger.ts";
import { passingRefusals } from "../../domain/refusals.ts";
import type { Settings } from "../../domain/settings.ts";
import { findUser, hasSecret, type ProxyUser, type User } from "../../domain/user.ts";
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
  const [card, used] = await Promise.all([handOut(ctx, planned, user), usedBy(ctx, settings, user)]);
  const warnings = [
    ...whyNotLetIn(user, used.quotaUsed ?? 0, settings, ctx.clock.now()),
    ...rateWarnings([user], engineRecord, settings),
  ];
  return { data: { ...card, ...used }, warnings };
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

/** HAProxy's agents refuse by themselves who has expired or used enough; without them the timer ends a link. */
function whyNotLetIn(user: ProxyUser, quotaUsed: number, { routing }: Settings, now: Date): string[] {
  const { name, enabled, expiresAt } = user;
  if (!enabled) return [`${name} is disabled, so the link does not work: mtproxy enable-user ${name}`];
  const refusal = passingRefusals([user], () => quotaUsed, now)[name];
  if (refusal === undefined) return [];
  if (refusal === "over-quota")
    return routing === "edge"
      ? [
          `${name} has used up the quota, so the link does not work: mtproxy set-limit ${name} --quota 100G (or --no-quota)`,
        ]
      : [];
  const what = `${name}'s link has expired (${expiresAt})`;
  return routing === "edge"
    ? [`${what}, so it does not work: mtproxy set-user ${name} --expires 30d (or never)`]
    : [`${what} AND STILL WORKS until mtproxy tick, which a timer should run`];
}
