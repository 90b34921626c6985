import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { parseDuration } from "../../domain/expiry.ts";
import type { SpareKeys } from "../../domain/plan/spare.ts";
import { domainOf, makeSecret, type Secret } from "../../domain/secret.ts";
import { type FormerSecret, findUser, hasSecret, type ProxyUser, secretsOf } from "../../domain/user.ts";
import { replacementFields } from "../../state/users-text.ts";
import { bringLive, proveLink } from "../live/bring-live.ts";
import { newKey, planState } from "../live/plan-state.ts";
import { loadState } from "../load-state.ts";
import type { Outcome } from "../outcome.ts";
import { linkOf } from "./client-files.ts";
import { handOut } from "./hand-out.ts";
import { holdKey } from "./hold-key.ts";
import { stillUsed } from "./still-used.ts";
import { type UserCard, userCard } from "./user-card.ts";
import { spareKeys } from "./wanted-secret.ts";

interface RegenerateOptions {
  readonly name: string;
  /** How long the old link goes on working, for instance `7d`. */
  readonly overlap?: string | undefined;
  readonly dryRun?: boolean | undefined;
}

export interface RegeneratedUser extends UserCard {
  /** Port of the link before; differs from `port` when no spare key was left where the user was. */
  readonly previousPort: number | null;
}

/**
 * Gives a user a new key: a spare of the same shard where there is one, so that the port stays. The old link is dead when this
 * returns; with an overlap it works until that ends, in a slot of its own, and a link before it is dead.
 * @returns failure when it is saved but not live: the old link still works then
 * @throws AppError not-found, or conflict for a user without a secret
 */
export async function regenerateUserSecret(
  ctx: Context,
  options: RegenerateOptions,
): Promise<Outcome<RegeneratedUser>> {
  const former = formerUntil(ctx, options.overlap);
  const before = await planState(ctx);
  const { user, previous } = await replaceKey(ctx, options, former);
  const previousPort = linkOf(before, previous)?.port ?? null;
  // The old link is no answer to what the new one will be.
  if (options.dryRun === true) return { data: { ...userCard(ctx, before, user), previousPort } };
  const { failure } = await bringLive(
    ctx,
    former === undefined
      ? `${user.name} has a new key, BUT THE OLD LINK STILL WORKS until the change is live`
      : `${user.name} has a new key, but only the old link works yet`,
    { whileStopped: `${user.name} has a new key and nobody has access now`, changedUsers: [user.name] },
  );
  const planned = await planState(ctx);
  const data = { ...(await handOut(ctx, planned, user)), previousPort };
  const fault = failure ?? (await stillUsedOf(ctx, user, previous));
  if (fault !== undefined) return { data, failure: fault };
  const link = user.enabled ? linkOf(planned, user) : undefined;
  return { data, ...(link === undefined ? {} : await proveLink(ctx, user.name, link)) };
}

/** Keys that the user had and has no more. */
async function stillUsedOf(ctx: Context, user: ProxyUser, previous: ProxyUser): Promise<AppError | undefined> {
  const kept = secretsOf(user);
  const lost = secretsOf(previous).filter(({ key }) => !kept.some((secret) => secret.key.equals(key)));
  for (const { key } of lost) {
    const fault = await stillUsed(ctx, user.name, key);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** What becomes of the key that is replaced. */
export type Overlap = (secret: Secret) => FormerSecret;

/** @throws AppError invalid for what is no length of time */
export function formerUntil(ctx: Context, overlap: string | undefined): Overlap | undefined {
  if (overlap === undefined) return undefined;
  const until = new Date(ctx.clock.now().getTime() + parseDuration(overlap)).toISOString();
  return (secret) => ({ secret, until });
}

function replaceKey(
  ctx: Context,
  options: RegenerateOptions,
  former: Overlap | undefined,
): Promise<{ user: ProxyUser; previous: ProxyUser }> {
  return ctx.stores.users.update(`regenerating the secret of ${options.name}`, async ({ users }) => {
    const previous = findUser(users, options.name);
    if (!hasSecret(previous))
      throw new AppError("conflict", `${previous.name} has no secret`, {
        hint: `mtproxy add-user ${previous.name} gives one`,
      });
    if (options.dryRun !== true) await holdKey(ctx, previous);
    const spares = spareKeys({ ...(await loadState(ctx)), users });
    const user = withNewKey(ctx, spares, previous, former);
    const fields = replacementFields(user.secret, user.former);
    const edit = { kind: "set" as const, name: user.name, fields };
    return { edits: options.dryRun === true ? [] : [edit], result: { user, previous } };
  });
}

/**
 * The user with a new key: a spare one of the same shard where there is one.
 * @param domain another cover domain for a fake-TLS link
 */
export function withNewKey(
  ctx: Context,
  spares: SpareKeys,
  user: ProxyUser,
  former: Overlap | undefined,
  domain = domainOf(user.secret),
): ProxyUser {
  const { mode } = user.secret;
  const key = spares.take({ mode, domain, group: user.group, near: user.secret.key }) ?? newKey(ctx);
  const { former: _, ...rest } = user;
  return {
    ...rest,
    secret: makeSecret(mode, key, domain),
    ...(former === undefined ? {} : { former: former(user.secret) }),
  };
}
