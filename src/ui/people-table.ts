import type { HolderStats } from "../app/watching/holder-stats.ts";
import { formatInstant } from "../domain/expiry.ts";
import { formatQuotaBytes } from "../domain/user-limits.ts";
import { sparkline } from "./sparkline.ts";
import { table } from "./table.ts";
import { formatBytes } from "./units.ts";

/** What a table of people says where nobody knows. */
export const NONE = "-";

/** Marks of a day in a table. */
const DAY_MARKS = 12;

interface Column {
  readonly title: string;
  /** Left out where nobody has it. */
  readonly cell: (user: HolderStats) => string | null;
}

/** Those beyond the first are there where somebody has something in them. */
const columns: readonly Column[] = [
  { title: "Username", cell: ({ username }) => username ?? "(shared secrets)" },
  { title: "Active", cell: ({ activeConnections }) => textOf(activeConnections) },
  { title: "Total", cell: ({ totalConnections }) => textOf(totalConnections) },
  { title: "From them", cell: ({ bytesIn }) => bytesText(bytesIn) },
  { title: "To them", cell: ({ bytesOut }) => bytesText(bytesOut) },
  { title: "Quota", cell: quotaText },
  {
    title: "24 hours",
    cell: ({ lastDay }) => (lastDay?.some((hour) => hour !== null) ? sparkline(lastDay, DAY_MARKS) : null),
  },
  { title: "Last seen", cell: ({ lastSeen }) => (lastSeen === null ? null : formatInstant(lastSeen)) },
  { title: "State", cell: stateText },
];

const ALWAYS = ["Username", "Active", "Total", "From them", "To them", "Last seen"];

/** @param mark beside the title of the column that people are sorted by */
export function peopleTable(
  users: readonly HolderStats[],
  mark: { title?: string; sign?: string } = {},
): Promise<string> {
  const shown = columns.filter(
    ({ title, cell }) => ALWAYS.includes(title) || users.some((user) => cell(user) !== null),
  );
  const titles = shown.map(({ title }) => ({ title: title === mark.title ? `${title} ${mark.sign ?? ""}` : title }));
  return table(
    titles,
    users.map((user) => shown.map(({ cell }) => cell(user) ?? NONE)),
  );
}

export function textOf(figure: number | string | null): string {
  return figure === null ? NONE : String(figure);
}

export function bytesText(bytes: number | null): string {
  return bytes === null ? NONE : formatBytes(bytes);
}

/** `41 % of 50G` */
function quotaText({ usedBytes, limits }: HolderStats): string | null {
  const quota = limits?.quotaBytes ?? null;
  if (quota === null) return null;
  return `${usedBytes === null ? "" : `${Math.floor((usedBytes / quota) * 100)} % of `}${formatQuotaBytes(quota)}`;
}

/** Nothing of those who are let in. */
function stateText({ enabled, refusal }: HolderStats): string | null {
  return enabled === false ? "disabled" : refusal;
}
