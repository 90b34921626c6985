import type { Account, Sums } from "../account.ts";
import { entryOf } from "../entry-of.ts";
import type { AccountMark, AccountMarks } from "./account-marks.ts";
import type { Increment } from "./history.ts";

/** What the ledger knows of a time when there was no history yet. */
export interface PastEntry {
  /** Unix milliseconds: noon of a day; of the first of a month, where the days are not known any more. */
  readonly at: number;
  readonly increments: readonly Increment[];
  /** As they are with this entry and those before. */
  readonly marks: AccountMarks;
}

/** Everything but today, in the order of time: a history that begins later than the ledger begins with it. */
export function pastOf(accounts: Readonly<Record<string, Account>>, now: Date): PastEntry[] {
  const today = now.toISOString().slice(0, 10);
  const rows = Object.entries(accounts).flatMap(([name, account]) => rowsOf(name, account, today));
  const times = [...new Set(rows.map(({ at }) => at))].sort((a, b) => a - b);
  let marks: AccountMarks = {};
  return times.map((at) => {
    const increments = rows.filter((row) => row.at === at).map(({ increment }) => increment);
    marks = { ...marks, ...Object.fromEntries(increments.map((it) => [it.name, markAfter(marks, accounts, it)])) };
    return { at, increments: [allOf(increments), ...increments], marks };
  });
}

interface Row {
  readonly at: number;
  readonly increment: Increment;
}

function rowsOf(name: string, { days, months }: Account, today: string): Row[] {
  const monthly = Object.entries(months).map(([month, sums]): [string, Sums] => [
    `${month}-01`,
    Object.entries(days).reduce((rest, [day, other]) => (day.startsWith(month) ? less(rest, other) : rest), sums),
  ]);
  const daily = Object.entries(days).filter(([day]) => day !== today);
  return [...monthly, ...daily].flatMap(([day, [bytesIn, bytesOut, opened]]) => {
    if (bytesIn + bytesOut + opened === 0) return [];
    const increment = { kind: "user" as const, name, bytesIn, bytesOut, opened, active: null };
    return [{ at: Date.parse(`${day}T12:00:00Z`), increment }];
  });
}

function less(a: Sums, b: Sums): Sums {
  const [bytesIn, bytesOut, connections] = a.map((value, index) => Math.max(0, value - (b[index] ?? 0)));
  return [bytesIn ?? 0, bytesOut ?? 0, connections ?? 0];
}

function markAfter(
  marks: AccountMarks,
  accounts: Readonly<Record<string, Account>>,
  { name, bytesIn, bytesOut, opened }: Increment,
): AccountMark {
  const since = entryOf(accounts, name)?.since;
  const {
    bytesIn: wasIn,
    bytesOut: wasOut,
    opened: began,
  } = entryOf(marks, name) ?? { bytesIn: 0, bytesOut: 0, opened: 0 };
  const sums = { bytesIn: wasIn + bytesIn, bytesOut: wasOut + bytesOut, opened: began + opened, ever: began + opened };
  return { ...sums, open: 0, ...(since === undefined ? {} : { since }) };
}

function allOf(increments: readonly Increment[]): Increment {
  const sum = (figure: "bytesIn" | "bytesOut" | "opened") => increments.reduce((all, it) => all + it[figure], 0);
  const [bytesIn, bytesOut, opened] = [sum("bytesIn"), sum("bytesOut"), sum("opened")];
  return { kind: "all", name: "", bytesIn, bytesOut, opened, active: null };
}
