import type { HolderStats } from "../app/watching/holder-stats.ts";
import type { PersonStats } from "../app/watching/read-person.ts";
import type { Style } from "../commands/command.ts";
import { formatInstant } from "../domain/expiry.ts";
import { formatQuotaBytes } from "../domain/user-limits.ts";
import { bytesText, NONE, textOf } from "./people-table.ts";
import { bar, sparkline } from "./sparkline.ts";
import { formatBytes } from "./units.ts";

/** One person's figures, a line each; what nobody knows is `-`. */
export function personView({ user, lastMonth, households, usersNote }: PersonStats, style: Style): string {
  const most = Math.max(0, ...(households ?? []).map((day) => day.households));
  const lines: readonly (readonly [string, string])[] = [
    ["Connections now", bounded(user.activeConnections, user.limits?.connections)],
    ["Connections in all", textOf(user.totalConnections)],
    ["From them", bytesText(user.bytesIn)],
    ["To them", bytesText(user.bytesOut)],
    [usedTitle(user), usedText(user)],
    ["Households today", bounded(user.addressesToday, user.limits?.addresses)],
    ...(most > 0 ? [["Most on a day", `${most}, within 30 days`] as const] : []),
    ["Last seen", instantText(user.lastSeen)],
    ...(user.expiresAt === null ? [] : [["Link ends", formatInstant(user.expiresAt)] as const]),
    ["Last 24 hours", trafficText(user.lastDay)],
    ["Last 30 days", trafficText(lastMonth)],
  ];
  return [
    `${style.bold(`${user.username}:`)}${stateText(user, style)}`,
    ...lines.map(([title, text]) => `  ${`${title}:`.padEnd(20)}${text}`),
    ...(usersNote === null ? [] : ["", usersNote]),
  ].join("\n");
}

function stateText({ enabled, refusal }: HolderStats, style: Style): string {
  if (enabled === false) return style.warning(" disabled");
  return refusal === null ? "" : style.warning(` refused for now: ${refusal}`);
}

/** `2 of 3` where there is a limit. */
function bounded(figure: number | null, limit: number | null | undefined): string {
  return limit === null || limit === undefined ? textOf(figure) : `${textOf(figure)} of ${limit}`;
}

function usedTitle({ limits }: HolderStats): string {
  const period = limits?.quotaPeriod ?? "month";
  return period === "month" ? "Used this month" : `Used in ${period.slice(0, -1)} days`;
}

function usedText({ usedBytes, limits }: HolderStats): string {
  const quota = limits?.quotaBytes ?? null;
  if (quota === null || usedBytes === null) return bytesText(usedBytes);
  return `${formatBytes(usedBytes)} of ${formatQuotaBytes(quota)}  ${bar(usedBytes, quota)}`;
}

/** A line of marks, and what they are together. */
function trafficText(figures: readonly (number | null)[] | null): string {
  const known = (figures ?? []).filter((figure) => figure !== null);
  if (figures === null || known.length === 0) return NONE;
  return `${sparkline(figures)}  ${formatBytes(known.reduce((a, b) => a + b, 0))}`;
}

function instantText(instant: string | null): string {
  return instant === null ? NONE : formatInstant(instant);
}
