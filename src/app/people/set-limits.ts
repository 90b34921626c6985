import { isDeepStrictEqual } from "node:util";
import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { findUser, hasSecret, type User } from "../../domain/user.ts";
import {
  formatQuotaBytes,
  isUnlimited,
  MOST_RATES,
  parseCount,
  parsePeriod,
  parseQuotaBytes,
  parseRate,
  type Quota,
  ratesOf,
  type UserLimits,
} from "../../domain/user-limits.ts";
import { limitFields } from "../../state/users-text.ts";
import { bringLive } from "../live/bring-live.ts";
import { loadSettings } from "../load-state.ts";
import type { Outcome } from "../outcome.ts";
import { rateWarnings } from "../routing/known-haproxy.ts";
import { type ShownLimits, shownLimits } from "./shown-limits.ts";

/** As typed; false takes a limit away. */
interface SetLimitsOptions {
  readonly name: string;
  readonly connections?: string | false | undefined;
  readonly addresses?: string | false | undefined;
  readonly quota?: string | false | undefined;
  readonly period?: string | undefined;
  /** `none` does what false does. */
  readonly rate?: string | false | undefined;
  readonly dryRun?: boolean | undefined;
}

export interface SetLimits {
  readonly username: string;
  readonly limits: ShownLimits;
  /** False when it was so already. */
  readonly changed: boolean;
  /** HAProxy holds the person to it. */
  readonly inForce: boolean;
}

/**
 * Changes what a person may use, in one write; what is not named stays. Where HAProxy routes it counts from the next connection on.
 * @returns failure when that is saved, but not live
 * @throws AppError usage when nothing was asked for, not-found, invalid, conflict for somebody without a link
 */
export async function setLimits(ctx: Context, options: SetLimitsOptions): Promise<Outcome<SetLimits>> {
  refuseNothing(options);
  const settings = await loadSettings(ctx);
  const { user, limits, changed } = await writeLimits(ctx, options);
  const data = { username: user.name, limits: shownLimits(limits), changed, inForce: false };
  if (settings.routing !== "edge") return { data, warnings: isUnlimited(limits) ? [] : [needsEdge(user.name)] };
  if (options.dryRun === true) return { data };
  const otherwise = `${user.name}'s limits are saved, but nobody holds to them yet`;
  const { failure } = await bringLive(ctx, otherwise, { changedUsers: [] });
  if (failure !== undefined) return { data, failure };
  const warnings = rateWarnings([{ ...user, limits }], await ctx.stores.engineRecord.read(), settings);
  return { data: { ...data, inForce: warnings.length === 0 }, warnings };
}

function needsEdge(name: string): string {
  return `${name}'s limits are saved and need HAProxy routing to count: mtproxy enable-haproxy-routing`;
}

function refuseNothing({ connections, addresses, quota, period, rate }: SetLimitsOptions): void {
  if (quota === false && period !== undefined)
    throw new AppError("usage", "--no-quota and --period exclude each other");
  if ([connections, addresses, quota, period, rate].some((it) => it !== undefined)) return;
  throw new AppError("usage", "there is nothing to change", {
    hint: "give --connections, --addresses, --quota, --period, --rate, or one of them with no- before it",
  });
}

interface Written {
  readonly user: User;
  readonly limits: UserLimits;
  readonly changed: boolean;
}

function writeLimits(ctx: Context, options: SetLimitsOptions): Promise<Written> {
  return ctx.stores.users.update(`changing the limits of ${options.name}`, ({ users }) => {
    const user = findUser(users, options.name);
    if (!hasSecret(user))
      throw new AppError("conflict", `${user.name} has no link that could be limited`, {
        hint: `mtproxy add-user ${user.name} gives one`,
      });
    const limits = wanted(user.limits ?? {}, options, user.name);
    const changed = !isDeepStrictEqual(user.limits ?? {}, limits);
    refuseManyRates(users, user, limits);
    const edit = { kind: "set" as const, name: user.name, fields: limitFields(limits) };
    return { edits: changed && options.dryRun !== true ? [edit] : [], result: { user, limits, changed } };
  });
}

function wanted(before: UserLimits, options: SetLimitsOptions, name: string): UserLimits {
  const connections = count(before.connections, options.connections, "connections");
  const addresses = count(before.addresses, options.addresses, "addresses");
  const quota = options.quota === false ? undefined : wantedQuota(before.quota, options, name);
  const rate = wantedRate(before.rate, options.rate);
  return {
    ...(connections === undefined ? {} : { connections }),
    ...(addresses === undefined ? {} : { addresses }),
    ...(quota === undefined ? {} : { quota }),
    ...(rate === undefined ? {} : { rate }),
  };
}

function wantedRate(before: number | undefined, typed: string | false | undefined): number | undefined {
  if (typed === undefined) return before;
  return typed === false || typed.trim().toLowerCase() === "none" ? undefined : parseRate(typed);
}

/** Every connection of everybody carries HAProxy's filters for all of them. */
function refuseManyRates(users: readonly User[], { name }: User, { rate }: UserLimits): void {
  const others = users.filter((user) => hasSecret(user) && user.name !== name).map(({ limits }) => limits ?? {});
  const rates = ratesOf(others);
  if (rate === undefined || rates.includes(rate) || rates.length < MOST_RATES) return;
  throw new AppError("conflict", `${MOST_RATES} different rates are all that HAProxy is given, and they are in use`, {
    hint: `take one of them: ${rates.map(formatQuotaBytes).join(", ")}`,
  });
}

function count(before: number | undefined, typed: string | false | undefined, what: string): number | undefined {
  if (typed === undefined) return before;
  return typed === false ? undefined : parseCount(typed, what);
}

function wantedQuota(before: Quota | undefined, { quota, period }: SetLimitsOptions, name: string): Quota | undefined {
  const bytes = typeof quota === "string" ? parseQuotaBytes(quota) : before?.bytes;
  const wantedPeriod = period === undefined ? (before?.period ?? "month") : parsePeriod(period);
  if (bytes !== undefined) return { bytes, period: wantedPeriod };
  if (period === undefined) return undefined;
  throw new AppError("usage", `${name} has no quota that the period could be of`, { hint: "give --quota 50G too" });
}
