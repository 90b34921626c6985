import { entryOf } from "../entry-of.ts";
import { hasSecret, type User } from "../user.ts";
import type { CollectorState } from "./collector-state.ts";
import type { AccountNow, CountedTraffic } from "./counted-accounts.ts";
import { countEngine } from "./engine-traffic.ts";
import type { Increment } from "./history.ts";
import { countLedger } from "./ledger-traffic.ts";
import type { PeopleSight } from "./sight.ts";
import type { SharedFigures, UserFigures } from "./snapshot.ts";

export interface CountedPeople extends Omit<CountedTraffic, "of" | "names" | "increments"> {
  readonly figures: readonly UserFigures[];
  /** Of all shared secrets together; null where nobody used one. */
  readonly shared: SharedFigures | null;
  /** Why there are none. */
  readonly note: string | null;
  /** Null where nobody tells people apart. */
  readonly increments: readonly Increment[] | null;
}

/** Everybody who has a link. */
export function countPeople(before: CollectorState, people: PeopleSight, at: Date): CountedPeople {
  const { traffic, users } = people;
  const linked = users.filter(hasSecret);
  if (traffic.from === "nobody") {
    const { marks, accounts, own } = before;
    const nothing = { isWatched: false, increments: null, handedOver: [], seen: {}, state: { marks, accounts, own } };
    return {
      ...nothing,
      note: traffic.why,
      shared: null,
      figures: linked.map((user) => figuresOf(user, people, undefined, {})),
    };
  }
  const { of, names, ...counted } =
    traffic.from === "ledger" ? countLedger(before, traffic, at) : countEngine(before, traffic, users, at);
  const secrets = names.filter((name) => name.startsWith("secret:"));
  return {
    ...counted,
    note: null,
    figures: linked.map((user) => figuresOf(user, people, of(user), counted.seen)),
    shared: sharedFigures(secrets.map((name) => ({ ...of({ name }), seen: seenAt(name, people, counted.seen) }))),
  };
}

function sharedFigures(secrets: readonly (AccountNow & { readonly seen: number })[]): SharedFigures | null {
  if (secrets.length === 0) return null;
  const sum = (figure: (secret: AccountNow) => number) => secrets.reduce((all, secret) => all + figure(secret), 0);
  return {
    connections: secrets.some(({ open }) => open === null) ? null : sum(({ open }) => open ?? 0),
    totalConnections: sum(({ opened }) => opened),
    bytesIn: sum(({ account }) => account.total[0]),
    bytesOut: sum(({ account }) => account.total[1]),
    usedBytes: sum(({ used }) => used),
    lastSeen: instantOf(Math.max(...secrets.map(({ seen }) => seen))),
  };
}

function figuresOf(
  user: User,
  people: PeopleSight,
  now: AccountNow | undefined,
  seen: Readonly<Record<string, number>>,
): UserFigures {
  const { name, enabled, limits, expiresAt } = user;
  const { refusals, households } = people;
  const refusal = entryOf(refusals, name);
  return {
    name,
    enabled,
    refusal: refusal === "over-quota" ? "quota" : (refusal ?? null),
    connections: now?.open ?? null,
    totalConnections: now?.opened ?? null,
    bytesIn: now?.account.total[0] ?? null,
    bytesOut: now?.account.total[1] ?? null,
    usedBytes: now?.used ?? null,
    lastSeen: now === undefined ? null : instantOf(seenAt(name, people, seen)),
    addressesToday: now === undefined || households === null ? null : (entryOf(households, name) ?? 0),
    limits: limits ?? null,
    expiresAt: expiresAt ?? null,
  };
}

/** Unix milliseconds; 0 for never. */
function seenAt(name: string, { lastSeen }: PeopleSight, seen: Readonly<Record<string, number>>): number {
  return Math.max(entryOf(seen, name) ?? 0, entryOf(lastSeen, name) ?? 0);
}

function instantOf(milliseconds: number): string | null {
  return milliseconds === 0 ? null : new Date(milliseconds).toISOString();
}
