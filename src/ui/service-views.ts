import type { DaemonState } from "../app/daemon/daemon-state.ts";
import type { Applied } from "../app/live/applied.ts";
import type { SwitchedService } from "../app/live/run-service.ts";
import type { ShownPlan, ShownShard } from "../app/live/show-plan.ts";
import type { Verified, VerifiedLink } from "../app/people/verify-links.ts";
import type { AgentState } from "../app/watching/agent-states.ts";
import type { HaproxyState } from "../app/watching/haproxy-state.ts";
import type { InstalledPart, Status } from "../app/watching/read-status.ts";
import type { ShardStatus } from "../app/watching/shard-status.ts";
import type { Style } from "../commands/command.ts";
import { formatInstant } from "../domain/expiry.ts";
import type { PlanCost, ShardChange } from "../domain/plan/changes.ts";
import { counted, formatDuration, formatMegabytes } from "./units.ts";

/** FR-007's lines, one container line a shard. */
export function statusView(status: Status, style: Style): string {
  const ports = status.shards.map(({ port }) => port).join(", ");
  return [
    style.bold("MTProxy Status:"),
    ...status.shards.map((shard) => shardLine(shard, status, style)),
    `  Active connections: ${status.activeConnections}`,
    `  Total connections: ${status.totalConnections}`,
    `  Uptime: ${formatDuration(status.uptimeSeconds)}`,
    `  Port: ${ports === "" ? "-" : ports}`,
    `  Users: ${status.users.enabled} enabled, ${status.users.disabled} disabled`,
    ...sharedSecretLine(status.sharedSecrets),
    ...(status.haproxy === null ? [] : [haproxyLine(status.haproxy, style)]),
    ...(status.agents ?? []).map((agent) => agentLine(agent, style)),
    ...(status.daemon === null ? [] : [daemonLine(status.daemon, style)]),
    ...hostLines(status.host),
    ...(status.notice === null ? [] : ["", style.warning(status.notice)]),
  ].join("\n");
}

/** Those who have none need not wonder what one is. */
function sharedSecretLine({ active, inactive }: Status["sharedSecrets"]): string[] {
  const off = inactive === 0 ? "" : `, ${inactive} inactive`;
  return active + inactive === 0 ? [] : [`  Shared secrets: ${active} active${off}`];
}

function hostLines(parts: readonly InstalledPart[]): string[] {
  if (parts.length === 0) return [];
  return ["  On this machine:", ...parts.map(({ part, items }) => `    ${part}: ${items.join(", ")}`)];
}

function haproxyLine({ condition, version, oldWorkers, draining }: HaproxyState, style: Style): string {
  const details = [
    ...(version === null ? [] : [version]),
    ...(oldWorkers === null || oldWorkers === 0 ? [] : [`${counted(oldWorkers, "worker")} of before`]),
    ...(draining === null || draining === 0 ? [] : [`${counted(draining, "proxy", "proxies")} drain`]),
  ];
  const mark = condition === "running" ? style.good("✓") : style.bad("✗");
  return `  ${mark} HAProxy: ${[condition, ...details].join(", ")}`;
}

const conditions = { answers: "running", silent: "not answering", gone: "not running" } as const;

function agentLine({ agent, condition, version, outdated, current, fault }: AgentState, style: Style): string {
  const isWell = condition === "answers" && current !== false && !outdated;
  const details = [
    conditions[condition],
    ...(outdated ? [`version ${version}`] : []),
    ...(current === false ? ["keys that are not the latest"] : []),
    ...(fault === null ? [] : [fault]),
  ];
  return `  ${isWell ? style.good("✓") : style.bad("✗")} Agent ${agent}: ${details.join(", ")}`;
}

function daemonLine({ condition, outdated, version }: DaemonState, style: Style): string {
  const isWell = condition === "running" && !outdated;
  const words = condition === "gone" ? "not running" : `running${outdated ? `, version ${version ?? "unknown"}` : ""}`;
  return `  ${isWell ? style.good("✓") : style.bad("✗")} Daemon: ${words}`;
}

function shardLine(shard: ShardStatus, { engine, shards }: Status, style: Style): string {
  const healthy = shard.condition === "healthy";
  const mark = healthy ? style.good("✓") : style.bad("✗");
  const what = engine === "docker" ? "Container" : "Process";
  const details =
    shards.length === 1 ? "" : `, port ${shard.port}, ${counted(shard.users, "user")}, ${shard.spareSlots} spare`;
  return `  ${mark} ${what}: ${shard.name} (${healthy ? "running" : shard.condition}${details})`;
}

export function planView(plan: ShownPlan, style: Style): string {
  const changes = plan.changes.filter(({ action }) => action !== "none");
  const shards = plan.shards.map((shard) => `  ${shardWords(shard)}`);
  const head = [style.bold("Shards:"), ...shards, ""];
  if (!plan.pending) return [...head, `${style.good("✓")} Everything is live; nothing to apply`].join("\n");
  // An engine that can be asked says something of each shard, if only that nothing changes.
  const isTold = plan.shards.length === 0 || plan.changes.length > 0;
  return [
    ...head,
    style.bold("Pending:"),
    ...(isTold
      ? changes.map((change) => `  ${changeWords(change)}`)
      : ["  what is live cannot be told, nor what a change would cost"]),
    ...haproxyLines(plan.haproxy),
    ...consequences(plan),
    ...(plan.formerEngine === null ? [] : [`  what the engine ${plan.formerEngine} ran for this home before is ended`]),
    ...(isTold ? ["", wholeCost(plan.cost)] : []),
  ].join("\n");
}

function shardWords({ shardId, port, family, coverDomains, group, assignedSlots, spareSlots }: ShownShard): string {
  const cover = coverDomains.length === 0 ? "" : ` as ${coverDomains.join(", ")}`;
  const whose = group === undefined ? "" : `, group ${group}`;
  return `${shardId}: port ${port}, ${family}${cover}${whose}, ${assignedSlots} assigned, ${spareSlots} spare`;
}

function changeWords({ name, action, reasons, connectionsCut }: ShardChange): string {
  const cut =
    connectionsCut === undefined || connectionsCut === 0 ? "" : ` (cuts ${counted(connectionsCut, "connection")})`;
  return `${name}: ${action}${cut}: ${reasons.join("; ")}`;
}

const haproxyWords = {
  start: "is started",
  replace: "its container is made anew, which cuts everybody once",
  keys: "learns who is let in, through its agents",
  reload: "reads its configuration anew; no connection is cut",
  update: "learns who is where, while it runs",
} as const;

function haproxyLines(change: Applied["haproxy"]): string[] {
  return change === null || change === "none" ? [] : [`  HAProxy: ${haproxyWords[change]}`];
}

function consequences({ revocations, moves }: Pick<Applied, "revocations" | "moves">): string[] {
  return [
    ...revocations.map(({ holder, shardId }) => `  the key of ${holder} on shard ${shardId} stops working`),
    ...moves.map(({ holder, fromPort, toPort }) => `  ${holder}'s link changes: port ${fromPort} → ${toPort}`),
  ];
}

/** What a change takes from people who are connected. */
export function costWords({ restarts, connectionsCut }: PlanCost): string {
  return `Costs: ${counted(restarts, "restart")}, ${counted(connectionsCut, "live connection")} cut`;
}

function wholeCost(cost: PlanCost): string {
  const processes = counted(cost.processes, "process", "processes");
  const idle = `about ${formatMegabytes(cost.memoryBytes)} and up to ${cost.idleCpuPercent} % of a core when idle`;
  return `${costWords(cost)}; then ${processes}, ${idle}`;
}

export function appliedView(applied: Applied, style: Style): string {
  const changes = applied.changes.filter(({ action }) => action !== "none");
  const lines = [
    ...changes.map((change) => `  ${changeWords(change)}`),
    ...haproxyLines(applied.haproxy),
    ...consequences(applied),
  ];
  if (lines.length === 0) return `${style.good("✓")} Everything is live; nothing was changed`;
  const title = applied.applied ? `${style.good("✓")} Applied:` : "Would apply:";
  return [title, ...lines, "", wholeCost(applied.cost)].join("\n");
}

export function switchedServiceView({ done, shards }: SwitchedService, style: Style): string {
  return done === "nothing" ? "Nothing to do" : `${style.good("✓")} ${done}: ${shards.join(", ")}`;
}

export function verifiedView({ links, working, disabled }: Verified, style: Style): string {
  if (links.length === 0) return "No enabled user has a link yet: mtproxy add-user NAME";
  const skipped = disabled.length === 0 ? [] : [`Disabled, not tried: ${disabled.join(", ")}`];
  return [
    ...links.map((link) => linkLines(link, style)),
    "",
    `${working} of ${links.length} links work`,
    ...skipped,
  ].join("\n");
}

function linkLines(link: VerifiedLink, style: Style): string {
  const { name, mode, domain, server, port, ok, attempts, until } = link;
  const kind = `${mode}${domain === null ? "" : ` as ${domain}`}`;
  const age = until === null ? "" : `, old link until ${formatInstant(until)}`;
  const head = `${ok ? style.good("✓") : style.bad("✗")} ${name} (${kind}${age}) at ${server} port ${port}`;
  const tries = attempts.map((attempt) => {
    const clients = { short: "older apps", long: "current apps" }[attempt.hello ?? "long"];
    const who = attempt.hello === undefined ? "all apps" : clients;
    return `    ${who}: ${attempt.ok ? "works" : (attempt.reason ?? "fails")} (${Math.round(attempt.milliseconds)} ms)`;
  });
  return [head, ...tries].join("\n");
}
