import type { Stats } from "../app/watching/read-stats.ts";
import type { ShardStats } from "../app/watching/shard-stats.ts";
import type { Style } from "../commands/command.ts";
import { bytesText, NONE, peopleTable, textOf } from "./people-table.ts";
import { table } from "./table.ts";
import { formatDuration } from "./units.ts";

export async function statsView(stats: Stats, style: Style): Promise<string> {
  const { users, usersNote } = stats;
  const people = users === null ? (usersNote ?? "") : await peopleTable(users);
  return [...headLines(stats, style), "", await shardsTable(stats.shards), ...(people === "" ? [] : ["", people])].join(
    "\n",
  );
}

/** What is said above the tables. */
export function headLines({ activeConnections, totalConnections }: Stats, style: Style): string[] {
  return [
    style.bold("MTProxy statistics:"),
    `  Active connections: ${textOf(activeConnections)}`,
    `  Total connections: ${textOf(totalConnections)}`,
  ];
}

const TITLES = ["Shard", "Port", "Active", "Total", "Sockets", "Targets", "In", "Out", "Memory", "Uptime"];

export function shardsTable(shards: readonly ShardStats[]): Promise<string> {
  return table(
    TITLES.map((title) => ({ title })),
    shards.map(shardRow),
  );
}

function shardRow(shard: ShardStats): string[] {
  const { running, readyTargets, declaredTargets, uptimeSeconds } = shard;
  const targets = readyTargets === null ? null : `${readyTargets}/${declaredTargets}`;
  return [
    String(shard.shardId),
    String(shard.port),
    running ? textOf(shard.activeConnections) : "stopped",
    ...[shard.totalConnections, shard.openSockets, targets].map(textOf),
    ...[shard.bytesIn, shard.bytesOut, shard.memoryBytes].map(bytesText),
    uptimeSeconds === null ? NONE : formatDuration(uptimeSeconds),
  ];
}
