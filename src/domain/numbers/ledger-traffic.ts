import { emptyAccount } from "../account.ts";
import { entryOf } from "../entry-of.ts";
import type { User } from "../user.ts";
import { type AccountSight, countAccounts } from "./account-marks.ts";
import type { CollectorState } from "./collector-state.ts";
import { type AccountNow, type CountedTraffic, hasFigure } from "./counted-accounts.ts";
import type { Increment } from "./history.ts";
import type { LedgerSight } from "./sight.ts";

/** What is in the ledger and not in the history yet. */
export function countLedger(before: CollectorState, ledger: LedgerSight, at: Date): CountedTraffic {
  const names = new Set([...ledger.accounts.keys(), ...Object.keys(ledger.open ?? {})]);
  const sights = new Map([...names].map((name) => [name, sightOf(ledger, name)]));
  const isAnew = isOtherHaproxy(before.conditions.workers ?? [], ledger.workers);
  const { growth, marks, handedOver } = countAccounts(before.accounts, sights, isAnew);
  const increments = growth.map((it) => ({ kind: "user" as const, ...it, active: sights.get(it.name)?.open ?? null }));
  const of = ({ name, limits }: Pick<User, "name" | "limits">): AccountNow => {
    const { account, open } = sights.get(name) ?? sightOf(ledger, name);
    const used = ledger.used(name, limits?.quota?.period ?? "month");
    return { account, open, used, opened: entryOf(marks, name)?.ever ?? 0 };
  };
  return {
    ...{ of, names: [...names], handedOver, isWatched: ledger.open !== undefined },
    increments: increments.filter(hasFigure),
    seen: presentPeople(increments, at),
    state: { marks: before.marks, accounts: marks, own: before.own },
  };
}

function sightOf({ accounts, open, ended }: LedgerSight, name: string): AccountSight {
  const now = open === undefined ? null : (entryOf(open, name) ?? 0);
  return { account: accounts.get(name) ?? emptyAccount, open: now, ended: entryOf(ended, name) ?? 0 };
}

/** Whatever was open in the workers that were there is gone with them. */
function isOtherHaproxy(before: readonly string[], now: readonly string[]): boolean {
  return before.length > 0 && now.length > 0 && !now.some((mark) => before.includes(mark));
}

function presentPeople(increments: readonly Increment[], at: Date): Record<string, number> {
  const present = increments.filter(({ active }) => active !== null && active > 0);
  return Object.fromEntries(present.map(({ name }) => [name, at.getTime()]));
}
