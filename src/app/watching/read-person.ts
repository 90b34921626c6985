import type { Context } from "../../context.ts";
import type { DayOfUser } from "../../domain/numbers/history.ts";
import { findUser, type User } from "../../domain/user.ts";
import type { HistoryReader } from "../../history.ts";
import type { Outcome } from "../outcome.ts";
import { shownLimits } from "../people/shown-limits.ts";
import { type HolderStats, unknownHolder } from "./holder-stats.ts";
import { lastDay, lastMonth, withHistory } from "./last-days.ts";
import { readStats, type Stats } from "./read-stats.ts";

/** One person, now and lately. */
export interface PersonStats extends Pick<Stats, "at" | "source" | "usersNote"> {
  readonly user: HolderStats;
  /** Bytes in both directions of each of the last 30 days (UTC), oldest first; null where nobody watched, or there is no history. */
  readonly lastMonth: readonly (number | null)[] | null;
  /** Of the last 30 days those on which they came, oldest first; null where there is no history. */
  readonly households: readonly HouseholdsOfDay[] | null;
}

/** From how many households they came on a day (`2026-11-21`, UTC). */
export type HouseholdsOfDay = Pick<DayOfUser, "day" | "households">;

/** @throws AppError not-found */
export async function readPerson(ctx: Context, name: string): Promise<Outcome<PersonStats>> {
  const person = findUser((await ctx.stores.users.read()).users, name);
  const { data, failure } = await readStats(ctx);
  const now = ctx.clock.now();
  const before = await withHistory(ctx, (history) => lately(history, person.name, now));
  const user: HolderStats = { ...figuresOf(data, person), lastDay: before?.lastDay ?? null };
  const shown: PersonStats = {
    ...{ at: data.at, source: data.source, usersNote: data.usersNote },
    ...{ user, lastMonth: before?.lastMonth ?? null, households: before?.households ?? null },
  };
  return failure === undefined ? { data: shown } : { data: shown, failure };
}

function figuresOf({ users }: Pick<Stats, "users">, { name, enabled, limits, expiresAt }: User): HolderStats {
  const known = users?.find(({ username }) => username === name);
  const said = { username: name, enabled, limits: limits === undefined ? null : shownLimits(limits) };
  return { ...unknownHolder, ...known, ...said, expiresAt: expiresAt ?? null };
}

async function lately(history: HistoryReader, name: string, now: Date) {
  const since = now.getTime() - 30 * 86_400_000;
  const [day, month, days] = await Promise.all([
    lastDay(history, name, now),
    lastMonth(history, name, now),
    history.days(since, now.getTime() + 1, name),
  ]);
  const households = days.map(({ day, households }) => ({ day, households }));
  return { lastDay: day, lastMonth: month, households };
}
