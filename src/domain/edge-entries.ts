import { hasPassed } from "./expiry.ts";
import type { Key } from "./key.ts";
import type { Placement, Plan } from "./plan/types.ts";
import { sharedHolder } from "./shard.ts";
import { type NumberedSecret, numbered, type SharedSecret } from "./shared-secret.ts";
import { hasSecret, type User } from "./user.ts";

/** Why a key that fits lets nobody in. */
export type EdgeRefusal = "revoked" | "disabled" | "expired" | "over-quota";

/** A key as the edge knows it: whose it is, its server entry in HAProxy, and where it is served. */
export interface EdgeEntry {
  readonly key: Key;
  /** User name, or `secret:ID` for a shared secret. */
  readonly holder: string;
  /** `NAME`, `NAME:old` for the key that an overlap keeps, `secret:ID`. */
  readonly server: string;
  readonly shardId: number;
  readonly family: "obfuscated" | "fake-tls";
  readonly coverDomains: readonly string[];
  readonly refusal?: EdgeRefusal;
  readonly limits?: EdgeLimits;
}

/** What HAProxy holds a person to; absent means without a bound. */
export interface EdgeLimits {
  readonly maxConnections?: number;
  readonly maxAddresses?: number;
  /** Bytes a second in each direction. */
  readonly rate?: number;
}

export interface EdgePeople {
  readonly users: readonly User[];
  readonly sharedSecrets: readonly SharedSecret[];
  readonly now: Date;
  /** People who have used up what they may. */
  readonly isOverQuota?: (user: User) => boolean;
}

/**
 * Every key that somebody has, in the order of the files. A key that several have belongs to the first who may use it. Disabled people
 * keep their entry: who they are is known, and they are refused.
 */
export function edgeEntries({ placements }: Pick<Plan, "placements">, people: EdgePeople): EdgeEntry[] {
  const entries = new Map<string, EdgeEntry>();
  const wishes = [...people.users.flatMap((user) => entriesOf(user, people)), ...sharedEntries(people)];
  for (const { key, ...wish } of wishes) {
    const place = placements.get(key.reveal());
    const present = entries.get(key.reveal());
    if (place === undefined || (present !== undefined && (present.refusal === undefined || wish.refusal !== undefined)))
      continue;
    entries.set(key.reveal(), { key, ...wish, ...whereIs(place) });
  }
  return [...entries.values()];
}

type Wish = Omit<EdgeEntry, "shardId" | "family" | "coverDomains">;

function entriesOf(user: User, people: EdgePeople): Wish[] {
  if (!hasSecret(user)) return [];
  const refusal = refusalOf(user, people);
  const limits = limitsOf(user);
  const entry = (key: Key, server: string, reason = refusal): Wish => ({
    key,
    holder: user.name,
    server,
    ...(reason === undefined ? {} : { refusal: reason }),
    ...(limits === undefined ? {} : { limits }),
  });
  const { former } = user;
  if (former === undefined) return [entry(user.secret.key, serverOf(user))];
  const isOver = hasPassed(former.until, people.now);
  return [
    entry(user.secret.key, serverOf(user)),
    entry(former.secret.key, `${user.name}:old`, refusal ?? (isOver ? "expired" : undefined)),
  ];
}

/** HAProxy's backend has an entry `nobody` for who is sent to one that is not there. */
function serverOf({ name }: User): string {
  return name === "nobody" ? `${name}:user` : name;
}

function limitsOf({ limits }: User): EdgeLimits | undefined {
  const { connections, addresses, rate } = limits ?? {};
  if ([connections, addresses, rate].every((limit) => limit === undefined)) return undefined;
  return {
    ...(connections === undefined ? {} : { maxConnections: connections }),
    ...(addresses === undefined ? {} : { maxAddresses: addresses }),
    ...(rate === undefined ? {} : { rate }),
  };
}

function refusalOf(user: User, { now, isOverQuota }: EdgePeople): EdgeRefusal | undefined {
  if (hasPassed(user.expiresAt, now)) return "expired";
  if (!user.enabled) return "disabled";
  return isOverQuota?.(user) === true ? "over-quota" : undefined;
}

function sharedEntries({ sharedSecrets }: EdgePeople): Wish[] {
  return numbered(sharedSecrets).map(({ id, secret, active }: NumberedSecret) => ({
    key: secret.key,
    holder: `secret:${id}`,
    server: `secret:${id}`,
    ...(active ? {} : { refusal: "disabled" as const }),
  }));
}

function whereIs({ shardId, family, coverDomains }: Placement): Pick<EdgeEntry, "shardId" | "family" | "coverDomains"> {
  return { shardId, family: family === "fake-tls" ? "fake-tls" : "obfuscated", coverDomains };
}

/** Keys that were taken away and that a shard still has, for the agents to know them. */
export function revokedEntries({ revocations, shards, placements }: Plan): EdgeEntry[] {
  return revocations.flatMap(({ key, holder, shardId }) => {
    const shard = shards.find((it) => it.shard.id === shardId)?.shard;
    if (placements.has(key.reveal()) || shard === undefined || shard.family === "any") return [];
    const name = holder === sharedHolder ? "secret" : holder;
    const { family, coverDomains } = shard;
    return [{ key, holder: name, server: `${name}:gone`, shardId, family, coverDomains, refusal: "revoked" as const }];
  });
}
