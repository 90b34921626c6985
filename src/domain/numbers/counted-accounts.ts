import type { Account } from "../account.ts";
import type { User } from "../user.ts";
import type { CollectorState } from "./collector-state.ts";
import type { HandedOver, Increment } from "./history.ts";

/** What is known of one person's account at a look. */
export interface AccountNow {
  readonly account: Account;
  /** Null when nobody could tell. */
  readonly open: number | null;
  /** Connections, ever. */
  readonly opened: number;
  /** Within the period of the person's quota, the calendar month without one. */
  readonly used: number;
}

/** What all accounts together come to, whoever counts them. */
export interface CountedTraffic {
  readonly of: (user: Pick<User, "name" | "limits">) => AccountNow;
  /** All accounts: of people, of people of before, of shared secrets. */
  readonly names: readonly string[];
  /** Whether somebody told what they do: then who has no increment did nothing. */
  readonly isWatched: boolean;
  /** Of accounts that have any figure: shared secrets and people of before too. */
  readonly increments: readonly Increment[];
  readonly handedOver: readonly HandedOver[];
  /** Unix milliseconds, as this look itself shows it. */
  readonly seen: Readonly<Record<string, number>>;
  readonly state: Pick<CollectorState, "marks" | "accounts" | "own">;
}

export function hasFigure({ bytesIn, bytesOut, opened, active }: Increment): boolean {
  return bytesIn + bytesOut + opened + (active ?? 0) > 0;
}
