import { AppError, wordsOf } from "../../domain/errors.ts";
import type { Snapshot } from "../../domain/numbers/snapshot.ts";
import type { NumbersSource } from "../../domain/numbers/source.ts";
import { sameUserName } from "../../domain/user.ts";
import type { HistoryReader } from "../../history.ts";
import type { UserAnswer } from "./answers.ts";

const DAY_MS = 86_400_000;
const RECENT_DAYS = 30;

/** One person, with the last days as far as they can be read. @throws AppError not-found */
export async function personOf(
  source: NumbersSource,
  { users, usersNote, at }: Snapshot,
  name: string,
  now: Date,
): Promise<UserAnswer> {
  const user = users.find((it) => sameUserName(it.name, name));
  if (user === undefined)
    throw new AppError("not-found", "there is no such person", { hint: "/api/users has everybody" });
  try {
    const { households, apps } = await recentDays(await source.history(), user.name, now);
    return { user, usersNote, households, apps, historyNote: null, timestamp: at };
  } catch (error) {
    return { user, usersNote, households: null, apps: null, historyNote: wordsOf(error), timestamp: at };
  }
}

/** What is told of one person besides the figures. */
async function recentDays(
  history: HistoryReader,
  name: string,
  now: Date,
): Promise<Pick<UserAnswer, "households" | "apps">> {
  const until = now.getTime();
  const since = until - RECENT_DAYS * DAY_MS;
  const [days, clients] = await Promise.all([history.days(since, until, name), history.clients(since, until, name)]);
  return {
    households: days.map(({ day, households }) => ({ day, households })),
    apps: clients.map(({ family, count }) => ({ family, count })),
  };
}
