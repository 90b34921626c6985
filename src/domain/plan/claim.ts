import type { Capabilities } from "../engine-facts.ts";
import type { Key } from "../key.ts";
import { domainOf, type Secret } from "../secret.ts";
import { familyOf, type ModeFamily, sharedHolder } from "../shard.ts";
import type { SharedSecret } from "../shared-secret.ts";
import { hasSecret, secretsOf, type User } from "../user.ts";
import { groupApart } from "./groups.ts";

/** A key that somebody has, and what a shard must be to serve it. */
export interface Claim {
  /** User name or `sharedHolder`. */
  readonly holder: string;
  readonly key: Key;
  readonly family: ModeFamily;
  /** Cover domain that the shard must list. */
  readonly domain: string | undefined;
  /** Group whose tag the shard must carry; undefined for everybody whose group has none. */
  readonly group: string | undefined;
  /** Disabled claims keep their slot; a throwaway key is served in their place. */
  readonly enabled: boolean;
}

/**
 * What each user and each shared secret asks for, by key digits: users first, in the order of their files; a user in an overlap asks
 * twice. A key that several have counts once, and is served while one of them is enabled. Shared secrets belong to no group.
 * @param apart groups that are kept on shards of their own
 */
export function claimsOf(
  users: readonly User[],
  sharedSecrets: readonly SharedSecret[],
  capabilities: Capabilities,
  apart: ReadonlyMap<string, string> = new Map(),
): Map<string, Claim> {
  const claims = new Map<string, Claim>();
  const add = (holder: string, secret: Secret, enabled: boolean, group: string | undefined): void => {
    const digits = secret.key.reveal();
    const present = claims.get(digits);
    if (present === undefined || (enabled && !present.enabled))
      claims.set(digits, makeClaim(holder, secret, { enabled, group }, capabilities));
  };
  for (const user of users.filter(hasSecret)) {
    const group = groupApart(user.group, apart);
    add(user.name, user.secret, user.enabled, group);
    if (user.former !== undefined) add(user.name, user.former.secret, user.enabled, group);
  }
  for (const shared of sharedSecrets) add(sharedHolder, shared.secret, shared.active, undefined);
  return claims;
}

/** Everybody enabled who has the key: what a link with it works for. */
export function keyHolders(key: Key, users: readonly User[], sharedSecrets: readonly SharedSecret[]): string[] {
  const people = users.filter((user) => user.enabled && secretsOf(user).some((secret) => secret.key.equals(key)));
  const shared = sharedSecrets.some(({ secret, active }) => active && secret.key.equals(key));
  return [...people.map(({ name }) => name), ...(shared ? [sharedHolder] : [])];
}

function makeClaim(
  holder: string,
  secret: Secret,
  { enabled, group }: Pick<Claim, "enabled" | "group">,
  capabilities: Capabilities,
): Claim {
  const family = capabilities.mixesFamilies ? "any" : familyOf(secret.mode);
  return { holder, key: secret.key, family, domain: domainOf(secret), group, enabled };
}

/** How a holder is named to people. */
export function describeHolder(holder: string): string {
  return holder === sharedHolder ? "a shared secret" : holder;
}
