import type { Account } from "../account.ts";
import { entryOf } from "../entry-of.ts";
import type { User } from "../user.ts";
import type { QuotaPeriod } from "../user-limits.ts";
import type { DayOfUser, UserSums } from "./history.ts";
import type { Month } from "./month.ts";

/** What one account did within a month. */
export interface MonthRow {
  /** As the ledger calls it: a person's name, `alice@20261121T120000.000Z` for who had the name before, `secret:ID`. */
  readonly account: string;
  /** Null for a shared secret. */
  readonly username: string | null;
  /** ISO 8601: of somebody who had the name before, when the next one came. */
  readonly until: string | null;
  /** Null when nobody counted. */
  readonly bytesIn: number | null;
  readonly bytesOut: number | null;
  readonly connections: number | null;
  /** Days (UTC) with any figure; null when nobody knows any more. */
  readonly daysActive: number | null;
  /** The most households on one day. */
  readonly mostHouseholds: number | null;
  /** Of those who are there now. */
  readonly quotaBytes: number | null;
  readonly quotaPeriod: QuotaPeriod | null;
}

/** Where a report comes from. */
export interface MonthFacts {
  readonly month: Month;
  /** Those who have a link. */
  readonly users: readonly Pick<User, "name" | "limits">[];
  /** The ledger's: its bytes are exact. */
  readonly accounts: Readonly<Record<string, Account>>;
  /** The history's, for people of whom there is no ledger; undefined without one. */
  readonly sums: readonly UserSums[] | undefined;
  /** Households in that month; of the history too. */
  readonly days: readonly DayOfUser[] | undefined;
  /** Days of that month with any figure, by account; as the history has them. */
  readonly activeDays: ReadonlyMap<string, readonly string[]>;
  /** Somebody counted people within that month, as the history has it. */
  readonly isWatched: boolean;
}

/** The busiest first. Everybody who has a link is in, and whoever had anything. */
export function monthRows(facts: MonthFacts): MonthRow[] {
  const { accounts, month, users, sums = [] } = facts;
  const booked = Object.keys(accounts).filter((name) => accounts[name]?.months[month.name] !== undefined);
  const names = new Set([...booked, ...sums.map(({ name }) => name), ...users.map(({ name }) => name)]);
  const rows = [...names].map((name) => rowOf(name, facts));
  return rows.sort((a, b) => bytesOf(b) - bytesOf(a) || (a.account < b.account ? -1 : 1));
}

function rowOf(account: string, facts: MonthFacts): MonthRow {
  const { month, users, accounts, days = [], activeDays } = facts;
  const quota = users.find(({ name }) => name === account)?.limits?.quota;
  const booked = entryOf(accounts, account);
  const counted = figuresOf(account, facts);
  const households = days.filter(({ user, day }) => user === account && day.startsWith(month.name));
  // The ledger keeps days for two months, the history for two years.
  const bookedDays = Object.keys(booked?.days ?? {}).filter((day) => day.startsWith(month.name));
  const known = [bookedDays, households.map(({ day }) => day), activeDays.get(account) ?? []].flat();
  const orUnknown = (count: number) => (count > 0 || hadNothing(counted) ? count : null);
  return {
    ...{ account, ...ownerOf(account), ...counted },
    daysActive: orUnknown(new Set(known).size),
    mostHouseholds: orUnknown(Math.max(0, ...households.map((day) => day.households))),
    ...{ quotaBytes: quota?.bytes ?? null, quotaPeriod: quota?.period ?? null },
  };
}

function hadNothing({ bytesIn, bytesOut, connections }: Counted): boolean {
  return [bytesIn, bytesOut, connections].every((figure) => figure === 0);
}

type Counted = Pick<MonthRow, "bytesIn" | "bytesOut" | "connections">;

const NOBODY_COUNTED: Counted = { bytesIn: null, bytesOut: null, connections: null };

/** The ledger's where it has anything of that month; else the history's; nothing is nothing only where somebody counted. */
function figuresOf(account: string, { accounts, month, sums = [], isWatched }: MonthFacts): Counted {
  const isBooked = Object.values(accounts).some(({ months }) => months[month.name] !== undefined);
  const own = entryOf(accounts, account);
  const [bytesIn, bytesOut, connections] = own?.months[month.name] ?? [0, 0, 0];
  if (isBooked && own !== undefined) return { bytesIn, bytesOut, connections };
  const found = sums.find(({ name }) => name === account);
  if (found !== undefined) return { bytesIn: found.bytesIn, bytesOut: found.bytesOut, connections: found.opened };
  return isBooked || isWatched || sums.length > 0 ? { bytesIn, bytesOut, connections } : NOBODY_COUNTED;
}

/** Whose an account is, in the ledger's words. */
export function ownerOf(account: string): Pick<MonthRow, "username" | "until"> {
  if (account.startsWith("secret:")) return { username: null, until: null };
  const [username = account, since] = account.split("@", 2);
  return { username, until: since === undefined ? null : instantOf(since) };
}

/** `20261121T120000.000Z` as ISO 8601. */
function instantOf(text: string): string | null {
  const [, year, month, day, hours, minutes, seconds] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d\.\d{3}Z)$/.exec(text) ?? [];
  return year === undefined ? null : `${year}-${month}-${day}T${hours}:${minutes}:${seconds}`;
}

function bytesOf({ bytesIn, bytesOut }: MonthRow): number {
  return (bytesIn ?? 0) + (bytesOut ?? 0);
}
