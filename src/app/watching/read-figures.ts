import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import type { Sorting } from "../../domain/numbers/choices.ts";
import type { Outcome } from "../outcome.ts";
import type { HolderStats } from "./holder-stats.ts";
import { lastDay, wasThereLately, withHistory } from "./last-days.ts";
import { type PersonStats, readPerson } from "./read-person.ts";
import { readStats, type Stats } from "./read-stats.ts";
import { readSums, type Sums } from "./read-sums.ts";
import { sortPeople } from "./sort-people.ts";

export interface FiguresOptions {
  readonly name: string | undefined;
  /** What was since then, instead of what is. */
  readonly since: string | undefined;
  readonly sort: Sorting | undefined;
  readonly reverse: boolean;
  readonly csv: boolean;
}

/** What `stats` tells, and whether people read it as rows for a spreadsheet. */
export type Figures = (Stats | PersonStats | Sums) & { readonly format: "text" | "csv" };

/**
 * Figures of everybody or of one person, of now or of what was.
 * @returns failure as `readStats`
 * @throws AppError as `readPerson` and `readSums`; environment where there are no people to make rows of
 */
export async function readFigures(ctx: Context, options: FiguresOptions): Promise<Outcome<Figures>> {
  const { name, since, csv } = options;
  const format = csv ? "csv" : "text";
  const outcome =
    since !== undefined
      ? await sums(ctx, { ...options, since })
      : name !== undefined
        ? await readPerson(ctx, name)
        : await stats(ctx, options);
  return { ...outcome, data: { ...outcome.data, format } };
}

async function sums(ctx: Context, { since, name, sort = "traffic", reverse }: FiguresOptions & { since: string }) {
  const { data } = await readSums(ctx, { since, name });
  return { data: { ...data, users: sortPeople(data.users, sort, reverse) } };
}

async function stats(ctx: Context, { sort = "active", reverse, csv }: FiguresOptions): Promise<Outcome<Stats>> {
  const { data, ...rest } = await readStats(ctx);
  if (data.users === null && csv && data.usersNote !== null) throw new AppError("environment", data.usersNote);
  const users = data.users === null ? null : await withLastDays(ctx, sortPeople(data.users, sort, reverse));
  return { data: { ...data, users }, ...rest };
}

async function withLastDays(ctx: Context, users: readonly HolderStats[]): Promise<readonly HolderStats[]> {
  const now = ctx.clock.now();
  const shown = await withHistory(ctx, (history) =>
    Promise.all(
      users.map(async (user) => {
        if (user.username === null || !wasThereLately(user, now)) return user;
        return { ...user, lastDay: await lastDay(history, user.username, now) };
      }),
    ),
  );
  return shown ?? users;
}
