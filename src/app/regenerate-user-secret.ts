import type { Context } from "../context.ts";
import { AppError } from "../domain/errors.ts";
import { findSpareKey } from "../domain/plan/spare.ts";
import { domainOf, makeSecret, revealSecret } from "../domain/secret.ts";
import { findUser, hasSecret, type ProxyUser, type User } from "../domain/user.ts";
import { bringLive, proveLink } from "./bring-live.ts";
import { linkOf } from "./client-files.ts";
import { handOut } from "./hand-out.ts";
import { holdKey } from "./hold-key.ts";
import { loadState, type State } from "./load-state.ts";
import type { Outcome } from "./outcome.ts";
import { capabilitiesOf, newKey, planState } from "./plan-state.ts";
import { stillUsed } from "./still-used.ts";
import { type UserCard, userCard } from "./user-card.ts";

interface RegenerateOptions {
  readonly name: string;
  readonly dryRun?: boolean | undefined;
}

export interface RegeneratedUser extends UserCard {
  /** Port of the link before; differs from `port` when no spare key was left where the user was. */
  readonly previousPort: number | null;
}

/**
 * Gives a user a new key: a spare of the same shard where there is one, so that the port stays. The old link is dead when this
 * returns.
 * @returns failure when it is saved but not live: the old link still works then
 * @throws AppError not-found, or conflict for a user without a secret
 */
export async function regenerateUserSecret(
  ctx: Context,
  options: RegenerateOptions,
): Promise<Outcome<RegeneratedUser>> {
  const before = await planState(ctx);
  const { user, previous } = await replaceKey(ctx, options);
  const previousPort = linkOf(before, previous)?.port ?? null;
  // The old link is no answer to what the new one will be.
  if (options.dryRun === true) return { data: { ...userCard(ctx, before, user), previousPort } };
  const { failure } = await bringLive(
    ctx,
    `${user.name} has a new key, BUT THE OLD LINK STILL WORKS until the change is live`,
    { whileStopped: `${user.name} has a new key and nobody has access now`, changedUsers: [user.name] },
  );
  const planned = await planState(ctx);
  const data = { ...(await handOut(ctx, planned, user)), previousPort };
  const fault = failure ?? (await stillUsed(ctx, user.name, previous.secret.key));
  if (fault !== undefined) return { data, failure: fault };
  const link = user.enabled ? linkOf(planned, user) : undefined;
  return { data, ...(link === undefined ? {} : await proveLink(ctx, user.name, link)) };
}

function replaceKey(ctx: Context, options: RegenerateOptions): Promise<{ user: ProxyUser; previous: ProxyUser }> {
  return ctx.stores.users.update(`regenerating the secret of ${options.name}`, async ({ users }) => {
    const previous = findUser(users, options.name);
    if (!hasSecret(previous))
      throw new AppError("conflict", `${previous.name} has no secret`, {
        hint: `mtproxy add-user ${previous.name} gives one`,
      });
    if (options.dryRun !== true) await holdKey(ctx, previous);
    const user = withNewKey(ctx, await loadState(ctx), users, previous);
    const edit = { kind: "set" as const, name: user.name, fields: { mtproxy_secret: revealSecret(user.secret) } };
    return { edits: options.dryRun === true ? [] : [edit], result: { user, previous } };
  });
}

function withNewKey(ctx: Context, state: State, users: readonly User[], user: ProxyUser): ProxyUser {
  const { mode } = user.secret;
  const domain = domainOf(user.secret);
  const preferred = state.book.shards.find(({ slots }) => slots.some(({ key }) => key.equals(user.secret.key)))?.id;
  const key =
    findSpareKey({ ...state, users, capabilities: capabilitiesOf(state.settings), mode, domain, preferred }) ??
    newKey(ctx);
  return { ...user, secret: makeSecret(mode, key, domain) };
}
