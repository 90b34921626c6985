import { type Account, booked, emptyAccount, usedWithin } from "../account.ts";
import { sharedHolder } from "../shard.ts";
import type { User } from "../user.ts";
import { hasSecret } from "../user.ts";
import { type AccountSight, countAccounts } from "./account-marks.ts";
import type { CollectorState } from "./collector-state.ts";
import { newSince, type Reading, withReadings } from "./counter.ts";
import type { HandedOver, Increment } from "./history.ts";
import type { EngineSight, LedgerSight, PeopleSight } from "./sight.ts";
import type { UserFigures } from "./snapshot.ts";

export interface CountedPeople {
  readonly figures: readonly UserFigures[];
  /** Why there are none. */
  readonly note: string | null;
  /** Whether somebody told what they do: then who has no increment did nothing. */
  readonly isWatched: boolean;
  /** Of accounts that have any figure: shared secrets and people of before too. Null where nobody tells people apart. */
  readonly increments: readonly Increment[] | null;
  readonly handedOver: readonly HandedOver[];
  /** Unix milliseconds, of those who are there now. */
  readonly seen: Readonly<Record<string, number>>;
  readonly state: Pick<CollectorState, "marks" | "accounts" | "own">;
}

/** What is known of one account; null where nobody could tell. */
interface AccountNow {
  readonly account: Account;
  readonly open: number | null;
  readonly opened: number;
  readonly used: (user: User) => number;
}

export function countPeople(before: CollectorState, people: PeopleSight, at: Date): CountedPeople {
  const { traffic } = people;
  if (traffic.from === "ledger") return countLedger(before, people, traffic, at);
  if (traffic.from === "engine") return countEngine(before, people, traffic, at);
  const { marks, accounts, own } = before;
  const figures = people.users.filter(hasSecret).map((user) => figuresOf(user, people, undefined, {}));
  const state = { marks, accounts, own };
  return { figures, note: traffic.why, isWatched: false, increments: null, handedOver: [], seen: {}, state };
}

function countLedger(before: CollectorState, people: PeopleSight, ledger: LedgerSight, at: Date): CountedPeople {
  const names = new Set([...ledger.accounts.keys(), ...Object.keys(ledger.open ?? {})]);
  const sights = new Map([...names].map((name) => [name, sightOf(ledger, name)]));
  const isAnew = isOtherHaproxy(before.conditions.workers ?? [], ledger.workers);
  const { growth, marks, handedOver } = countAccounts(before.accounts, sights, isAnew);
  const increments = growth.map((it) => ({ kind: "user" as const, ...it, active: sights.get(it.name)?.open ?? null }));
  const seen = presentPeople(increments, at);
  const now = (user: User): AccountNow => {
    const { account, open } = sights.get(user.name) ?? sightOf(ledger, user.name);
    const used = ({ name, limits }: User) => ledger.used(name, limits?.quota?.period ?? "month");
    return { account, open, opened: marks[user.name]?.ever ?? 0, used };
  };
  const figures = people.users.filter(hasSecret).map((user) => figuresOf(user, people, now(user), seen));
  const state = { marks: before.marks, accounts: marks, own: before.own };
  const isWatched = ledger.open !== undefined;
  return { figures, note: null, isWatched, increments: increments.filter(hasFigure), handedOver, seen, state };
}

function sightOf({ accounts, open, ended }: LedgerSight, name: string): AccountSight {
  const now = open === undefined ? null : (open[name] ?? 0);
  return { account: accounts.get(name) ?? emptyAccount, open: now, ended: ended[name] ?? 0 };
}

/** Whatever was open in the workers that were there is gone with them. */
function isOtherHaproxy(before: readonly string[], now: readonly string[]): boolean {
  return before.length > 0 && now.length > 0 && !now.some((mark) => before.includes(mark));
}

function countEngine(before: CollectorState, people: PeopleSight, engine: EngineSight, at: Date): CountedPeople {
  const readings = (engine.users ?? []).map(
    ({ holder, connectionsSinceStart, bytesIn, bytesOut }): Reading & { readonly name: string } => ({
      name: accountNameOf(holder),
      source: `user ${accountNameOf(holder)}`,
      start: engine.start,
      counts: { opened: connectionsSinceStart, bytesIn, bytesOut },
    }),
  );
  const open = new Map((engine.users ?? []).map((user) => [accountNameOf(user.holder), user.activeConnections]));
  const lastSeen = new Map((engine.users ?? []).map((user) => [accountNameOf(user.holder), user.lastSeen]));
  const increments = readings.map(({ name, ...reading }): Increment => {
    const { opened = 0, bytesIn = 0, bytesOut = 0 } = newSince(before.marks[reading.source], reading);
    return { kind: "user", name, opened, bytesIn, bytesOut, active: open.get(name) ?? null };
  });
  const own = { ...before.own };
  for (const { name, bytesIn, bytesOut, opened } of increments.filter(hasFigure))
    own[name] = booked(own[name] ?? emptyAccount, at, [bytesIn, bytesOut, opened]);
  const seen = Object.fromEntries(
    [...lastSeen].flatMap(([name, instant]) => (instant === undefined ? [] : [[name, Date.parse(instant)]])),
  );
  const none = engine.running ? null : 0;
  const now = (user: User): AccountNow => {
    const account = own[user.name] ?? emptyAccount;
    const used = ({ limits }: User) => usedWithin(account, limits?.quota?.period ?? "month", at);
    return { account, open: open.get(user.name) ?? (open.size > 0 ? 0 : none), opened: account.total[2], used };
  };
  const figures = people.users.filter(hasSecret).map((user) => figuresOf(user, people, now(user), seen));
  const state = { marks: withReadings(before.marks, readings), accounts: before.accounts, own };
  const isWatched = engine.users !== undefined || !engine.running;
  return { figures, note: null, isWatched, increments: increments.filter(hasFigure), handedOver: [], seen, state };
}

/** As in the ledger: the engine knows shared secrets only together. */
function accountNameOf(holder: string): string {
  return holder === sharedHolder ? "secret:*" : holder;
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
    usedBytes: now?.used(user) ?? null,
    lastSeen: now === undefined || instant === 0 ? null : new Date(instant).toISOString(),
    addressesToday: now === undefined || households === null ? null : (households[name] ?? 0),
    limits: limits ?? null,
    expiresAt: expiresAt ?? null,
  };
}

function presentPeople(increments: readonly Increment[], at: Date): Record<string, number> {
  return Object.fromEntries(
    increments.flatMap(({ name, active }) => (active !== null && active > 0 ? [[name, at.getTime()]] : [])),
  );
}

function hasFigure({ bytesIn, bytesOut, opened, active }: Increment): boolean {
  return bytesIn + bytesOut + opened + (active ?? 0) > 0;
}
