import { hasSecret, type User } from "../user.ts";
import type { CollectorState } from "./collector-state.ts";
import type { AccountNow, CountedTraffic } from "./counted-accounts.ts";
import { countEngine } from "./engine-traffic.ts";
import type { Increment } from "./history.ts";
import { countLedger } from "./ledger-traffic.ts";
import type { PeopleSight } from "./sight.ts";
import type { UserFigures } from "./snapshot.ts";

export interface CountedPeople extends Omit<CountedTraffic, "of" | "increments"> {
  readonly figures: readonly UserFigures[];
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
    return { ...nothing, note: traffic.why, figures: linked.map((user) => figuresOf(user, people, undefined, {})) };
  }
  const { of, ...counted } =
    traffic.from === "ledger" ? countLedger(before, traffic, at) : countEngine(before, traffic, users, at);
  return { ...counted, note: null, figures: linked.map((user) => figuresOf(user, people, of(user), counted.seen)) };
}

function figuresOf(
  user: User,
  { refusals, lastSeen, households }: PeopleSight,
  now: AccountNow | undefined,
  seen: Readonly<Record<string, number>>,
): UserFigures {
  const { name, enabled, limits, expiresAt } = user;
  const instant = Math.max(seen[name] ?? 0, lastSeen[name] ?? 0);
  const refusal = refusals[name];
  return {
    name,
    enabled,
    refusal: refusal === "over-quota" ? "quota" : (refusal ?? null),
    connections: now?.open ?? null,
    totalConnections: now?.opened ?? null,
    bytesIn: now?.account.total[0] ?? null,
    bytesOut: now?.account.total[1] ?? null,
    usedBytes: now?.used ?? null,
    lastSeen: now === undefined || instant === 0 ? null : new Date(instant).toISOString(),
    addressesToday: now === undefined || households === null ? null : (households[name] ?? 0),
    limits: limits ?? null,
    expiresAt: expiresAt ?? null,
  };
}
