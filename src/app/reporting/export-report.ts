import { resolve } from "node:path";
import type { Context } from "../../context.ts";
import type { ReportFormat } from "../../domain/numbers/choices.ts";
import { type Month, parseMonth } from "../../domain/numbers/month.ts";
import { type MonthRow, monthRows } from "../../domain/numbers/month-report.ts";
import { hasSecret } from "../../domain/user.ts";
import type { HistoryReader } from "../../history.ts";
import { loadSettings } from "../load-state.ts";
import type { Outcome } from "../outcome.ts";
import { withHistory } from "../watching/last-days.ts";
import { writeNew } from "../write-new.ts";

export interface ReportOptions {
  /** `2026-11`, UTC; the one that it is when absent. */
  readonly month?: string | undefined;
  readonly format?: ReportFormat | undefined;
  /** Written there (0600) instead of being shown. */
  readonly output?: string | undefined;
  /** The text of the file. */
  readonly render: (report: MonthReport) => string;
}

/** Who used how much in a month. */
export interface MonthReport {
  readonly format: ReportFormat;
  /** Where it was written; null where it is shown. */
  readonly file: string | null;
  /** `2026-11`, UTC. */
  readonly month: string;
  /** The month is over; otherwise more is to come. */
  readonly isWhole: boolean;
  /** ISO 8601. */
  readonly madeAt: string;
  readonly rows: readonly MonthRow[];
  readonly totals: { readonly bytesIn: number; readonly bytesOut: number; readonly connections: number };
  /** Why there are no figures; null where there are. */
  readonly note: string | null;
}

const NO_FIGURES = "nobody counted what each person used in this month: that needs HAProxy routing";

/**
 * A month of everybody, to be kept or printed. Bytes are those of the ledger.
 * @throws AppError invalid for no month, conflict when the file exists
 */
export async function exportReport(ctx: Context, options: ReportOptions): Promise<Outcome<MonthReport>> {
  const { format = "csv", output } = options;
  const file = output === undefined ? null : resolve(output);
  const report: MonthReport = { format, file, ...(await makeReport(ctx, options.month)) };
  if (file !== null) await writeNew(ctx, file, options.render(report));
  return { data: report, warnings: report.note === null ? [] : [report.note] };
}

async function makeReport(ctx: Context, wanted: string | undefined): Promise<Omit<MonthReport, "format" | "file">> {
  await loadSettings(ctx);
  const now = ctx.clock.now();
  const month = parseMonth(wanted ?? now.toISOString().slice(0, 7), now);
  const [{ users }, { accounts }, history] = await Promise.all([
    ctx.stores.users.read(),
    ctx.stores.ledger.read(),
    withHistory(ctx, (reader) => readMonth(reader, month)),
  ]);
  const { sums, days, activeDays = new Map(), isWatched = false } = history ?? {};
  const facts = { month, users: users.filter(hasSecret), accounts, sums, days, activeDays, isWatched };
  const rows = monthRows(facts);
  return {
    month: month.name,
    isWhole: month.until <= now.getTime(),
    madeAt: now.toISOString(),
    rows,
    totals: { bytesIn: sum(rows, "bytesIn"), bytesOut: sum(rows, "bytesOut"), connections: sum(rows, "connections") },
    note: rows.some(({ bytesIn }) => bytesIn !== null) ? null : NO_FIGURES,
  };
}

async function readMonth(history: HistoryReader, { since, until }: Month) {
  const ofNobody = { kind: "user", name: "", since, until, resolution: "day" } as const;
  const [sums, days, watched] = await Promise.all([
    history.users(since, until),
    history.days(since, until),
    history.points(ofNobody),
  ]);
  const activeDays = new Map<string, string[]>();
  for (const { name } of sums) {
    const { points } = await history.points({ kind: "user", name, since, until, resolution: "day" });
    const active = points.filter(({ bytesIn, bytesOut, opened }) => bytesIn + bytesOut + opened > 0);
    activeDays.set(
      name,
      active.map(({ at }) => new Date(at).toISOString().slice(0, 10)),
    );
  }
  return { sums, days, activeDays, isWatched: watched.points.length > 0 };
}

function sum(rows: readonly MonthRow[], figure: "bytesIn" | "bytesOut" | "connections"): number {
  return rows.reduce((total, row) => total + (row[figure] ?? 0), 0);
}
