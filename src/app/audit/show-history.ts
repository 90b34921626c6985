import type { Context } from "../../context.ts";
import { type AuditRecord, isAbout, joinEntries } from "../../domain/audit/record.ts";
import { parseMoment } from "../../domain/numbers/moment.ts";
import { parseUserName } from "../../domain/user.ts";
import { readAuditLog } from "../../state/audit-entries.ts";
import type { Outcome } from "../outcome.ts";

export interface HistoryOptions {
  /** See `parseMoment`. */
  readonly since?: string | undefined;
  readonly user?: string | undefined;
  /** The newest so many. */
  readonly limit?: number | undefined;
}

/** Who changed what. */
export interface AuditHistory {
  /** The newest last. */
  readonly changes: readonly AuditRecord[];
  /** How many there are that were asked for, shown or not. */
  readonly total: number;
}

const LIMIT = 50;

/** @throws AppError invalid for a time or a name that is none, environment where the log cannot be read */
export async function showHistory(ctx: Context, options: HistoryOptions): Promise<Outcome<AuditHistory>> {
  const { since, user, limit = LIMIT } = options;
  const first = since === undefined ? Number.NEGATIVE_INFINITY : parseMoment(since, ctx.clock.now());
  const name = user === undefined ? undefined : parseUserName(user);
  const { entries, unreadable } = await readAuditLog(ctx);
  const wanted = joinEntries(entries).filter(
    (it) => Date.parse(it.at) >= first && (name === undefined || isAbout(it, name)),
  );
  return { data: { changes: wanted.slice(-limit), total: wanted.length }, warnings: warningsOf(unreadable, ctx) };
}

function warningsOf(unreadable: number, { paths }: Context): string[] {
  if (unreadable === 0) return [];
  const lines = unreadable === 1 ? "1 line is" : `${unreadable} lines are`;
  return [`${lines} left out that cannot be read as entries: ${paths.auditLog}`];
}
