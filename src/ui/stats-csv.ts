import type { HolderStats } from "../app/watching/holder-stats.ts";
import type { PersonSums } from "../app/watching/read-sums.ts";
import { type Cell, toCsv } from "./csv.ts";

const HOLDER = [
  "username",
  "enabled",
  "refusal",
  "active_connections",
  "total_connections",
  "bytes_in",
  "bytes_out",
  "used_bytes",
  "quota_bytes",
  "quota_period",
  "households_today",
  "last_seen",
  "expires_at",
];

/** People as a spreadsheet takes them; what nobody knows is empty. */
export function holdersCsv(users: readonly HolderStats[]): string {
  return toCsv([HOLDER, ...users.map(holderRow)]);
}

function holderRow(user: HolderStats): Cell[] {
  return [
    ...[user.username, user.enabled, user.refusal, user.activeConnections, user.totalConnections],
    ...[user.bytesIn, user.bytesOut, user.usedBytes, user.limits?.quotaBytes ?? null, user.limits?.quotaPeriod ?? null],
    ...[user.addressesToday, user.lastSeen, user.expiresAt],
  ];
}

const SUMS = ["username", "connections", "most_active", "bytes_in", "bytes_out", "last_seen"];

export function sumsCsv(users: readonly PersonSums[]): string {
  const rows = users.map((user) => [
    user.username,
    user.connections,
    user.mostActive,
    user.bytesIn,
    user.bytesOut,
    user.lastSeen,
  ]);
  return toCsv([SUMS, ...rows]);
}
