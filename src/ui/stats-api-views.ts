import type { StatsApiState } from "../app/stats-api/stats-api-state.ts";
import type { RotatedToken, SwitchedStatsApi } from "../app/stats-api/switch-stats-api.ts";
import type { Style } from "../commands/command.ts";

export function startedView(data: SwitchedStatsApi | null, style: Style): string {
  if (data === null) return "";
  const title = data.listening
    ? `${style.good("✓")} Figures are served at ${data.url}${data.changed ? "" : ", as before"}`
    : `Figures are to be served at ${data.url}`;
  const toRun = data.toRun.map((command) => `  To be run, and started again when it ends: ${command}`);
  return [title, ...announcement(data).map((line) => `  ${line}`), ...toRun].join("\n");
}

/** How to look, line by line. */
export function announcement({ url, tokenFile, ssh }: StatsApiState): string[] {
  return [
    `Dashboard: ${url}`,
    `API: ${url}api/stats, described at ${url}api/openapi.json`,
    `Prometheus: ${url}metrics`,
    tokenFile === null ? "Token: none is asked for" : `Token: in ${tokenFile}, which only its owner reads`,
    `From a laptop or phone, then open ${url} there: ${ssh}`,
  ];
}

export function stoppedView({ changed }: SwitchedStatsApi, style: Style): string {
  return `${style.good("✓")} No figures are served${changed ? " any more" : ", as before"}`;
}

export function apiStatusView(state: StatsApiState, style: Style): string {
  const { enabled, listening, addresses, since, version, tokenFile, origin, ssh, fault } = state;
  if (!enabled) return "Stats API: off\n  mtproxy stats-api start serves figures on this machine";
  const title = listening ? `${style.good("✓")} Stats API: listens` : `${style.bad("✗")} Stats API: does not listen`;
  return [
    title,
    ...(fault === null ? [] : [`  Why: ${fault}`]),
    ...(addresses.length === 0 ? [] : [`  Addresses: ${addresses.join(", ")}`]),
    ...(since === null ? [] : [`  Since: ${since}`]),
    ...(version === null ? [] : [`  Version: ${version}`]),
    `  Token: ${tokenFile ?? "none is asked for"}`,
    ...(origin === null ? [] : [`  Pages that may ask: ${origin}`]),
    `  From a laptop or phone: ${ssh}`,
  ].join("\n");
}

export function rotatedTokenView({ tokenFile, live }: RotatedToken, style: Style): string {
  const what = live ? "whoever has the one before is refused" : "it counts from the next start of the stats API on";
  return `${style.good("✓")} New token in ${tokenFile}: ${what}`;
}
