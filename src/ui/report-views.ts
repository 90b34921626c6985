import type { MonthReport } from "../app/reporting/export-report.ts";
import type { Style } from "../commands/command.ts";
import { formatInstant } from "../domain/expiry.ts";
import type { MonthRow } from "../domain/numbers/month-report.ts";
import { formatQuotaBytes } from "../domain/user-limits.ts";
import { renderReport } from "../render/report.ts";
import { accountWords } from "./account-words.ts";
import { type Cell, toCsv } from "./csv.ts";
import { bytesText, NONE, textOf } from "./people-table.ts";
import { snakeCase } from "./snake-case.ts";

const COLUMNS = [
  "account",
  "username",
  "until",
  "bytesIn",
  "bytesOut",
  "connections",
  "daysActive",
  "mostHouseholds",
  "quotaBytes",
  "quotaPeriod",
] as const satisfies (keyof MonthRow)[];

/** The text itself, or where it was written. */
export function reportView(report: MonthReport, style: Style): string {
  const { file, rows, month } = report;
  if (file === null) return reportText(report).replaceAll("\r\n", "\n").trimEnd();
  return `${style.good("✓")} ${month} of ${rows.length} ${rows.length === 1 ? "person" : "people"} is in ${file}`;
}

/** What stands in the file. */
export function reportText(report: MonthReport): string {
  if (report.format === "html") return html(report);
  const { format: _, file: __, ...facts } = report;
  if (report.format === "json") return `${snakeCase(JSON.stringify({ version: 1, ...facts }, null, 2))}\n`;
  const head = ["month", ...COLUMNS.map((name) => snakeCase(`"${name}":`).slice(1, -2))];
  return toCsv([head, ...report.rows.map((row): Cell[] => [report.month, ...COLUMNS.map((name) => row[name])])]);
}

function html({ month, isWhole, madeAt, rows, totals, note }: MonthReport): string {
  const about = `Made ${formatInstant(madeAt)}${isWhole ? "" : ", before the month was over"}. ${note ?? COUNTED}`;
  const bytes = [totals.bytesIn, totals.bytesOut, totals.bytesIn + totals.bytesOut];
  const sums = [...bytes.map(bytesText), textOf(totals.connections)];
  return renderReport({
    title: `Telegram proxy: ${month}`,
    about,
    titles: ["Person", "From them", "To them", "Together", "Connections", "Days", "Households", "Quota"],
    rows: rows.map(htmlRow),
    totals: ["Everybody", ...(note === null ? sums : sums.map(() => NONE)), "", "", ""],
  });
}

const COUNTED = "Days and months are UTC; a GB is 1,000,000,000 bytes; households are the most on one day.";

function htmlRow(row: MonthRow): string[] {
  const { bytesIn, bytesOut, quotaBytes, quotaPeriod } = row;
  const together = bytesIn === null || bytesOut === null ? null : bytesIn + bytesOut;
  const period = quotaPeriod === "month" ? "a month" : `in ${quotaPeriod?.slice(0, -1)} days`;
  return [
    accountWords(row.account),
    ...[bytesIn, bytesOut, together].map(bytesText),
    ...[row.connections, row.daysActive, row.mostHouseholds].map(textOf),
    quotaBytes === null ? NONE : `${formatQuotaBytes(quotaBytes)} ${period}`,
  ];
}
