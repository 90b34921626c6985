import type { Account } from "../account.ts";
import { entryOf } from "../entry-of.ts";
import type { HandedOver } from "./history.ts";

/** How much of an account is in the history. */
export interface AccountMark {
  /** Of the account: whose it was. */
  readonly since?: string;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Connections that began: those that have ended, and those that were open at the last look. */
  readonly opened: number;
  readonly open: number;
  /** Connections that began, over everything; never shrinks. */
  readonly ever: number;
}

export type AccountMarks = Readonly<Record<string, AccountMark>>;

/** What is not in the history yet. */
export interface AccountGrowth {
  readonly name: string;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly opened: number;
}

export interface AccountSight {
  readonly account: Account;
  /** Connections open now; null when nobody could tell. */
  readonly open: number | null;
  /** Of those that were open at the last look: how many have ended since, with a record. */
  readonly ended: number;
}

export interface CountedAccounts {
  readonly growth: readonly AccountGrowth[];
  readonly marks: AccountMarks;
  /** Names that are somebody else's since. */
  readonly handedOver: readonly HandedOver[];
}

const NOTHING: AccountMark = { bytesIn: 0, bytesOut: 0, opened: 0, open: 0, ever: 0 };

/**
 * What the ledger has booked beyond the marks. Marks never go back: a ledger that was read from a file older than the history first
 * catches up, and nothing is counted twice.
 * @param isAnew the process that had the open connections is gone, and took along those that it wrote no record of
 */
export function countAccounts(
  before: AccountMarks,
  sights: ReadonlyMap<string, AccountSight>,
  isAnew = false,
): CountedAccounts {
  const handedOver = [...sights].flatMap(([name, { account }]) => handOver(before, sights, name, account));
  const known = withFormerNames(before, handedOver);
  const counted = [...sights].map(([name, sight]) => ({
    name,
    ...countOne(markFor(entryOf(known, name), sight), sight, isAnew),
  }));
  return {
    handedOver,
    growth: counted.map(({ name, growth }) => ({ name, ...growth })),
    marks: { ...known, ...Object.fromEntries(counted.map(({ name, mark }) => [name, mark])) },
  };
}

/** A mark of somebody else, of whom the ledger knows nothing any more, is nobody's. */
function markFor(mark: AccountMark | undefined, { account }: AccountSight): AccountMark {
  return mark === undefined || (mark.since !== undefined && mark.since !== account.since) ? NOTHING : mark;
}

function countOne(before: AccountMark, { account, open, ended: endedSince }: AccountSight, isAnew: boolean) {
  const [bytesIn, bytesOut, ended] = account.total;
  const openNow = open ?? before.open;
  const began = isAnew ? before.opened - Math.max(0, before.open - endedSince) : before.opened;
  const opened = Math.max(0, ended + openNow - began);
  const growth = {
    bytesIn: Math.max(0, bytesIn - before.bytesIn),
    bytesOut: Math.max(0, bytesOut - before.bytesOut),
    opened,
  };
  const mark: AccountMark = {
    ...(account.since === undefined ? {} : { since: account.since }),
    bytesIn: before.bytesIn + growth.bytesIn,
    bytesOut: before.bytesOut + growth.bytesOut,
    opened: began + opened,
    open: openNow,
    ever: before.ever + opened,
  };
  return { growth, mark };
}

/** The ledger keeps what somebody used before under another name, when theirs goes to somebody else. */
function handOver(
  before: AccountMarks,
  sights: ReadonlyMap<string, AccountSight>,
  name: string,
  { since }: Account,
): HandedOver[] {
  const was = entryOf(before, name)?.since;
  if (was === undefined || was === since) return [];
  const former = [...sights].find(([other, { account }]) => other.startsWith(`${name}@`) && account.since === was);
  return former === undefined ? [] : [{ from: name, to: former[0] }];
}

function withFormerNames(marks: AccountMarks, handedOver: readonly HandedOver[]): AccountMarks {
  const names = new Map(handedOver.map(({ from, to }) => [from, to]));
  return Object.fromEntries(Object.entries(marks).map(([name, mark]) => [names.get(name) ?? name, mark]));
}
