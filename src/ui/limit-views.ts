import type { SetLimits } from "../app/people/set-limits.ts";
import type { ShownLimits } from "../app/people/shown-limits.ts";
import type { Style } from "../commands/command.ts";
import { formatQuotaBytes } from "../domain/user-limits.ts";

export function setLimitsView({ username, limits, changed }: SetLimits, style: Style): string {
  return [
    changed ? `${style.good("✓")} ${username}'s limits are changed` : `${username}'s limits were so already`,
    `  Connections: ${limits.connections ?? "no limit"}`,
    `  Addresses:   ${limits.addresses ?? "no limit"}`,
    `  Data:        ${quotaText(limits) ?? "no limit"}`,
    `  Rate:        ${rateText(limits) ?? "no limit"}`,
  ].join("\n");
}

/** What bounds somebody, in one line; only of what is bounded. */
export function limitsText(limits: ShownLimits): string {
  return [
    ...(limits.connections === null ? [] : [`${limits.connections} connections`]),
    ...(limits.addresses === null ? [] : [`${limits.addresses} addresses`]),
    ...[quotaText(limits) ?? []].flat(),
    ...[rateText(limits) ?? []].flat(),
  ].join(", ");
}

function rateText({ rate }: ShownLimits): string | undefined {
  return rate === null ? undefined : `${formatQuotaBytes(rate)} a second`;
}

function quotaText({ quotaBytes, quotaPeriod }: ShownLimits): string | undefined {
  if (quotaBytes === null) return undefined;
  const period = quotaPeriod === null || quotaPeriod === "month" ? "a month" : `in ${quotaPeriod.slice(0, -1)} days`;
  return `${formatQuotaBytes(quotaBytes)} ${period}`;
}
