import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { formatInstant, hasPassed } from "../../domain/expiry.ts";
import { findUser, hasSecret, type ProxyUser } from "../../domain/user.ts";
import { bringLive, proveLink } from "../live/bring-live.ts";
import { planState } from "../live/plan-state.ts";
import { loadSettings } from "../load-state.ts";
import type { Outcome } from "../outcome.ts";
import { linkOf } from "./client-files.ts";
import { stillUsed } from "./still-used.ts";

interface SwitchUserOptions {
  readonly name: string;
  readonly enabled: boolean;
  readonly dryRun?: boolean | undefined;
}

export interface SwitchedUser {
  readonly username: string;
  readonly enabled: boolean;
  /** False when it was so already. */
  readonly changed: boolean;
  readonly live: boolean;
}

/**
 * Lets a link stop working, or work again: secret, slot and port are kept, so it is the same link.
 * @returns failure when it is saved but not live
 * @throws AppError not-found, or conflict for a user without a secret and for enabling one whose time is over
 */
export async function switchUser(ctx: Context, options: SwitchUserOptions): Promise<Outcome<SwitchedUser>> {
  await loadSettings(ctx);
  const { user, changed } = await writeSwitch(ctx, options);
  const data = { username: user.name, enabled: options.enabled, changed, live: false };
  if (options.dryRun === true) return { data };
  const { failure } = await bringLive(ctx, otherwise(user.name, options.enabled), {
    whileStopped: `${user.name} is ${options.enabled ? "enabled" : "disabled"} and nobody has access now`,
    changedUsers: [user.name],
  });
  if (failure !== undefined) return { data, failure };
  return options.enabled ? proveEnabled(ctx, user, { ...data, live: true }) : proveDisabled(ctx, user, data);
}

async function proveEnabled(ctx: Context, user: ProxyUser, data: SwitchedUser): Promise<Outcome<SwitchedUser>> {
  const link = linkOf(await planState(ctx), user);
  return { data, ...(link === undefined ? {} : await proveLink(ctx, user.name, link)) };
}

async function proveDisabled(ctx: Context, user: ProxyUser, data: SwitchedUser): Promise<Outcome<SwitchedUser>> {
  const failure = await stillUsed(ctx, user.name, user.secret.key);
  return failure === undefined ? { data: { ...data, live: true } } : { data, failure };
}

function otherwise(name: string, enabled: boolean): string {
  return enabled
    ? `${name} is enabled, but the link does not work yet`
    : `${name} is disabled, BUT STILL HAS ACCESS until the change is live`;
}

function refuseExpired({ name, expiresAt }: ProxyUser, now: Date): void {
  if (expiresAt === undefined || !hasPassed(expiresAt, now)) return;
  throw new AppError("conflict", `${name}'s link expired on ${formatInstant(expiresAt)}`, {
    hint: `mtproxy set-user ${name} --expires 30d (or never), then mtproxy enable-user ${name}`,
  });
}

function writeSwitch(
  ctx: Context,
  { name, enabled, dryRun }: SwitchUserOptions,
): Promise<{ user: ProxyUser; changed: boolean }> {
  return ctx.stores.users.update(`${enabled ? "enabling" : "disabling"} ${name}`, ({ users }) => {
    const user = findUser(users, name);
    if (!hasSecret(user))
      throw new AppError("conflict", `${user.name} has no secret`, { hint: `mtproxy add-user ${user.name} gives one` });
    if (enabled) refuseExpired(user, ctx.clock.now());
    const changed = user.enabled !== enabled;
    const result = { user: { ...user, enabled }, changed };
    return {
      edits: changed && dryRun !== true ? [{ kind: "set", name: user.name, fields: { mtproxy_enabled: enabled } }] : [],
      result,
    };
  });
}
