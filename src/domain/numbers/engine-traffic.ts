import { type Account, booked, emptyAccount, usedWithin } from "../account.ts";
import type { UserStats } from "../proxy-stats.ts";
import { sharedHolder } from "../shard.ts";
import type { User } from "../user.ts";
import type { CollectorState } from "./collector-state.ts";
import { type AccountNow, type CountedTraffic, hasFigure } from "./counted-accounts.ts";
import { type Marks, newSince, type Reading, withReadings } from "./counter.ts";
import type { Increment } from "./history.ts";
import type { EngineSight } from "./sight.ts";

/** What an engine's process counts of people, over all of its processes: the collector keeps their accounts itself. */
export function countEngine(before: CollectorState, engine: EngineSight, at: Date): CountedTraffic {
  const users = new Map((engine.users ?? []).map((user) => [accountNameOf(user.holder), user]));
  const readings = [...users].map(([name, user]) => readingOf(engine.start, name, user));
  const increments = [...users].map(([name, user]) => incrementOf(before.marks, name, user, engine.start));
  const own = withIncrements(before.own, increments.filter(hasFigure), at);
  const ofNobody = engine.running && engine.users === undefined ? null : 0;
  const of = ({ name, limits }: User): AccountNow => {
    const account = own[name] ?? emptyAccount;
    const open = users.get(name)?.activeConnections ?? ofNobody;
    return { account, open, opened: account.total[2], used: usedWithin(account, limits?.quota?.period ?? "month", at) };
  };
  return {
    ...{ of, handedOver: [], isWatched: engine.users !== undefined || !engine.running },
    increments: increments.filter(hasFigure),
    seen: seenPeople(users),
    state: { marks: withReadings(before.marks, readings), accounts: before.accounts, own },
  };
}

/** As in the ledger: the engine knows shared secrets only together. */
function accountNameOf(holder: string): string {
  return holder === sharedHolder ? "secret:*" : holder;
}

function readingOf(start: string, name: string, user: UserStats): Reading {
  const { connectionsSinceStart: opened, bytesIn, bytesOut } = user;
  return { source: `user ${name}`, start, counts: { opened, bytesIn, bytesOut } };
}

function incrementOf(marks: Marks, name: string, user: UserStats, start: string): Increment {
  const reading = readingOf(start, name, user);
  const { opened = 0, bytesIn = 0, bytesOut = 0 } = newSince(marks[reading.source], reading);
  return { kind: "user", name, opened, bytesIn, bytesOut, active: user.activeConnections };
}

function withIncrements(
  accounts: Readonly<Record<string, Account>>,
  increments: readonly Increment[],
  at: Date,
): Readonly<Record<string, Account>> {
  const grown = increments.map(({ name, bytesIn, bytesOut, opened }): [string, Account] => [
    name,
    booked(accounts[name] ?? emptyAccount, at, [bytesIn, bytesOut, opened]),
  ]);
  return { ...accounts, ...Object.fromEntries(grown) };
}

function seenPeople(users: ReadonlyMap<string, UserStats>): Record<string, number> {
  return Object.fromEntries(
    [...users].flatMap(([name, { lastSeen }]) => (lastSeen === undefined ? [] : [[name, Date.parse(lastSeen)]])),
  );
}
