import type { Context } from "../../context.ts";
import { dockerCapabilities } from "../../domain/engine-facts.ts";
import { hasPassed } from "../../domain/expiry.ts";
import { claimsOf } from "../../domain/plan/claim.ts";
import { accessWarnings, revokedKeys } from "../../domain/plan/revoked.ts";
import { domainOf, type Mode, maskSecret } from "../../domain/secret.ts";
import { type RevokedKey, type ShardBook, sharedHolder } from "../../domain/shard.ts";
import type { User } from "../../domain/user.ts";
import { shownNote } from "../../domain/user-labels.ts";
import type { Outcome } from "../outcome.ts";
import { type ShownLimits, shownLimits } from "./shown-limits.ts";

/** A user in a list: nothing here lets anyone in. */
export interface ListedUser {
  readonly username: string;
  /** Has an MTProxy secret. */
  readonly mtproxy: boolean;
  readonly enabled: boolean;
  readonly mode: Mode | null;
  readonly domain: string | null;
  /** Masked; null without one. */
  readonly secret: string | null;
  /** Null while the key has no slot yet. */
  readonly port: number | null;
  readonly createdAt: string | null;
  /** Can use the VLESS stack's VLESS. */
  readonly vless: boolean;
  /** Can use the VLESS stack's SOCKS5 and HTTP proxies. */
  readonly socks: boolean;
  /** This and what follows only where there is something to say: few people have any of it. */
  readonly note?: string;
  readonly tags?: readonly string[];
  readonly group?: string;
  /** ISO 8601. */
  readonly expiresAt?: string;
  readonly expired?: boolean;
  /** ISO 8601: until when the link before this one works too. */
  readonly formerLinkUntil?: string;
  readonly limits?: ShownLimits;
}

export interface UserList {
  readonly users: readonly ListedUser[];
  readonly enabled: number;
  readonly disabled: number;
}

/** Everybody in users.json, in its order. Works without an engine and before setup. */
export async function listUsers(ctx: Context): Promise<Outcome<UserList>> {
  const [{ users, warnings }, book] = await Promise.all([ctx.stores.users.read(), ctx.stores.shards.read()]);
  const places = placesByKey(book);
  const now = ctx.clock.now();
  const listed = users.map((user) => listedUser(user, places, now));
  const enabled = listed.filter((user) => user.mtproxy && user.enabled).length;
  return {
    data: { users: listed, enabled, disabled: listed.length - enabled },
    warnings: [
      ...warnings,
      ...accessWarnings(revokedUsers(book, users, places)),
      ...(await overdueWarnings(ctx, users, now)),
    ],
  };
}

/** HAProxy's agents refuse whoever has expired. Without them the timer ends links; where it does not run, somebody must be told. */
async function overdueWarnings(ctx: Context, users: readonly User[], now: Date): Promise<string[]> {
  const overdue = users.filter(
    ({ secret, enabled, expiresAt, former }) =>
      secret !== undefined && enabled && (hasPassed(expiresAt, now) || hasPassed(former?.until, now)),
  );
  if (overdue.length === 0) return [];
  const routing = (await ctx.stores.settings.read())?.routing;
  return overdue.flatMap(({ name, expiresAt }) => {
    const isWhole = hasPassed(expiresAt, now);
    if (routing === "edge")
      return isWhole
        ? [`${name}'s link has expired, so it does not work: mtproxy set-user ${name} --expires 30d (or never)`]
        : [];
    const what = isWhole ? "link has expired" : "old link shall be dead by now";
    return [`${name}'s ${what} AND STILL WORKS until mtproxy tick, which a timer should run`];
  });
}

/** Where a key is served. */
interface Place {
  readonly port: number;
  /** Somebody's who may have lost it since. */
  isSuspect: boolean;
}

function placesByKey({ shards }: ShardBook): Map<string, Place> {
  const places = new Map<string, Place>();
  for (const { port, slots } of shards)
    for (const { key, holder, disabled } of slots)
      places.set(key.reveal(), { port, isSuspect: holder !== undefined && disabled !== true });
  return places;
}

/** Users only: shared secrets have a list of their own. Nearly always every key that was somebody's still is. */
function revokedUsers(book: ShardBook, users: readonly User[], places: ReadonlyMap<string, Place>): RevokedKey[] {
  if (book.revoking.length === 0 && areHeld(users, places)) return [];
  const revoked = revokedKeys(book, claimsOf(users, [], dockerCapabilities));
  return revoked.filter(({ holder }) => holder !== sharedHolder);
}

/** Whether nobody can have lost a key: whoever has one is enabled. Cheaper than to find out who, which is hardly ever asked. */
function areHeld(users: readonly User[], places: ReadonlyMap<string, Place>): boolean {
  for (const { secret, enabled } of users) {
    const place = secret && places.get(secret.key.reveal());
    if (place !== undefined && !enabled) return false;
    if (place !== undefined) place.isSuspect = false;
  }
  for (const { isSuspect } of places.values()) if (isSuspect) return false;
  return true;
}

function listedUser(user: User, places: ReadonlyMap<string, Place>, now: Date): ListedUser {
  const { secret } = user;
  const listed = {
    username: user.name,
    mtproxy: secret !== undefined,
    enabled: secret !== undefined && user.enabled,
    mode: secret?.mode ?? null,
    domain: (secret && domainOf(secret)) ?? null,
    secret: secret === undefined ? null : maskSecret(secret),
    port: (secret && places.get(secret.key.reveal())?.port) ?? null,
    createdAt: user.createdAt ?? null,
    vless: user.uuid !== undefined,
    socks: user.hasProxyPassword,
  };
  return hasLabels(user) ? { ...listed, ...labelsOf(user, now) } : listed;
}

function hasLabels({ note, tags, group, expiresAt, former, limits }: User): boolean {
  const isNoted = note !== undefined || tags !== undefined || group !== undefined;
  return isNoted || expiresAt !== undefined || former !== undefined || limits !== undefined;
}

function labelsOf({ note, tags, group, expiresAt, former, limits }: User, now: Date): Partial<ListedUser> {
  return {
    ...(note === undefined ? {} : { note: shownNote(note) }),
    ...(tags === undefined || tags.length === 0 ? {} : { tags }),
    ...(group === undefined ? {} : { group }),
    ...(expiresAt === undefined ? {} : { expiresAt, expired: hasPassed(expiresAt, now) }),
    ...(former === undefined ? {} : { formerLinkUntil: former.until }),
    ...(limits === undefined ? {} : { limits: shownLimits(limits) }),
  };
}
