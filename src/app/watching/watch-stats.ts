import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import type { HistoryReader } from "../../history.ts";
import type { HolderStats } from "./holder-stats.ts";
import { lastDay, wasThereLately } from "./last-days.ts";
import { readStats, type Stats } from "./read-stats.ts";

/** A look, and what is wrong. */
export interface WatchedStats {
  readonly stats: Stats;
  readonly trouble: string | undefined;
}

/**
 * The figures again and again.
 * @param seen those whose rows somebody sees: their last day is read, again with each look of the daemon
 */
export function watchStats(ctx: Context, seen: (stats: Stats) => readonly HolderStats[]) {
  let opened: Promise<HistoryReader | undefined> | undefined;
  const days = new Map<string, HolderStats["lastDay"]>();
  let daysOf = "";

  async function readDays(stats: Stats): Promise<void> {
    if (stats.at !== daysOf) days.clear();
    daysOf = stats.at;
    opened ??= openHistory(ctx);
    const history = await opened;
    if (history === undefined) return;
    const now = ctx.clock.now();
    for (const user of seen(stats)) {
      const { username } = user;
      if (username === null || days.has(username) || !wasThereLately(user, now)) continue;
      days.set(username, await lastDay(history, username, now));
    }
  }

  return {
    async next(): Promise<WatchedStats> {
      const { data, failure } = await readStats(ctx);
      if (data.source === "daemon") await readDays(data).catch(forgive);
      const users = data.users?.map((user) => ({ ...user, lastDay: days.get(user.username ?? "") ?? null })) ?? null;
      return { stats: { ...data, users }, trouble: failure?.message };
    },
    async close(): Promise<void> {
      await (await opened)?.close();
    },
  };
}

/** What is now is shown without what was, where that cannot be read. */
function openHistory(ctx: Context): Promise<HistoryReader | undefined> {
  return ctx.historyReader().catch(forgive);
}

function forgive(error: unknown): undefined {
  if (error instanceof AppError) return undefined;
  throw error;
}
