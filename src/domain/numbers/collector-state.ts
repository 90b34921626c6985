import type { Account } from "../account.ts";
import type { AccountMarks } from "./account-marks.ts";
import type { Conditions } from "./conditions.ts";
import type { Counts, Marks } from "./counter.ts";
import type { SeriesKind } from "./history.ts";

/** From where the collector counts on: written with each entry of the history, and read again after a restart. */
export interface CollectorState {
  readonly version: 1;
  /** Unix milliseconds: when that look was. */
  readonly at: number;
  /** Of the engine's processes, and of what these say of people. */
  readonly marks: Marks;
  /** What was counted over all processes: of `proxy`, `shard 1`, `network`. */
  readonly totals: Readonly<Record<string, Counts>>;
  /** How much of the daemon's ledger is in the history. */
  readonly accounts: AccountMarks;
  /** Where the engine tells people apart this is the ledger. */
  readonly own: Readonly<Record<string, Account>>;
  /** Connections that ended at HAProxy. */
  readonly verdicts: Counts;
  readonly conditions: Conditions;
  /** The kinds that somebody counted at that look; absent in what a daemon of before wrote. */
  readonly counting?: readonly SeriesKind[];
}

/** Before the first look. */
export const emptyState: CollectorState = {
  version: 1,
  at: 0,
  marks: {},
  totals: {},
  accounts: {},
  own: {},
  verdicts: {},
  conditions: {},
};

/** Undefined for what is none of this version: then counting begins anew. */
export function readCollectorState(value: unknown): CollectorState | undefined {
  const isOurs = typeof value === "object" && value !== null && "version" in value && value.version === 1;
  return isOurs ? { ...emptyState, ...(value as CollectorState) } : undefined;
}
