import { type Account, booked, emptyAccount, usedWithin } from "../account.ts";
import { entryOf } from "../entry-of.ts";
import { emptyLedger, Ledger } from "../ledger.ts";
import type { UserStats } from "../proxy-stats.ts";
import { sharedHolder } from "../shard.ts";
import type { User } from "../user.ts";
import type { CollectorState } from "./collector-state.ts";
import { type AccountNow, type CountedTraffic, hasFigure } from "./counted-accounts.ts";
import { type Marks, newSince, type Reading, withReadings } from "./counter.ts";
import type { HandedOver, Increment } from "./history.ts";
import type { EngineSight } from "./sight.ts";

/**
 * What an engine's process counts of people, over all of its processes: the collector keeps their accounts itself.
 * @param people everybody: who has a name that somebody else had begins at nothing
 */
export function countEngine(
  before: CollectorState,
  engine: EngineSight,
  people: readonly User[],
  at: Date,
): CountedTraffic {
  const accounts = ofPeople(before.own, people, at);
  const users = new Map((engine.users ?? []).map((user) => [accountNameOf(user.holder), user]));
  const readings = [...users].map(([name, user]) => readingOf(engine.start, name, user));
  const increments = [...users].map(([name, user]) => incrementOf(before.marks, name, user, engine.start));
  const own = withIncrements(accounts, increments.filter(hasFigure), at);
  const ofNobody = engine.running && engine.users === undefined ? null : 0;
  const of = ({ name, limits }: Pick<User, "name" | "limits">): AccountNow => {
    const account = entryOf(own, name) ?? emptyAccount;
    const open = users.get(name)?.activeConnections ?? ofNobody;
    return { account, open, opened: account.total[2], used: usedWithin(account, limits?.quota?.period ?? "month", at) };
  };
  return {
    ...{ of, names: Object.keys(own), isWatched: engine.users !== undefined || !engine.running },
    handedOver: Object.keys(accounts).flatMap((to) => (Object.hasOwn(before.own, to) ? [] : handedOver(to))),
    increments: increments.filter(hasFigure),
    seen: seenPeople(users),
    state: { marks: withReadings(before.marks, readings), accounts: before.accounts, own },
  };
}

/** As the ledger has it. */
function ofPeople(own: CollectorState["own"], people: readonly User[], at: Date): Readonly<Record<string, Account>> {
  const ledger = new Ledger({ ...emptyLedger, accounts: own });
  ledger.setPeople(people, at);
  return ledger.state.accounts;
}

/** The ledger calls the one before `alice@20261121T120000.000Z`. */
function handedOver(to: string): HandedOver[] {
  const end = to.indexOf("@");
  return end === -1 ? [] : [{ from: to.slice(0, end), to }];
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
    booked(entryOf(accounts, name) ?? emptyAccount, at, [bytesIn, bytesOut, opened]),
  ]);
  return { ...accounts, ...Object.fromEntries(grown) };
}

function seenPeople(users: ReadonlyMap<string, UserStats>): Record<string, number> {
  return Object.fromEntries(
    [...users].flatMap(([name, { lastSeen }]) => (lastSeen === undefined ? [] : [[name, Date.parse(lastSeen)]])),
  );
}
