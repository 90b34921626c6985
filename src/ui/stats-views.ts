import type { HolderStats, ShardStats, Stats } from "../app/watching/read-stats.ts";
import type { Style } from "../commands/command.ts";
import { table } from "./table.ts";
import { formatBytes, formatDuration } from "./units.ts";

/** What a live picture says below its figures. */
const KEYS = "q quits";

export async function statsView(stats: Stats, style: Style): Promise<string> {
  const { activeConnections, totalConnections, users, usersNote } = stats;
  const people = users === null ? (usersNote ?? "") : await usersTable(users);
  return [
    style.bold("MTProxy statistics:"),
    `  Active connections: ${activeConnections}`,
    `  Total connections: ${totalConnections}`,
    "",
    await shardsTable(stats.shards),
    ...(people === "" ? [] : ["", people]),
  ].join("\n");
}

/** @param trouble why figures are missing */
export async function livePicture(stats: Stats, style: Style, trouble: string | undefined): Promise<string> {
  const clock = `${stats.at.slice(11, 19)} UTC`;
  const words = trouble === undefined ? [] : [style.bad(`✗ ${trouble}`)];
  return [await statsView(stats, style), "", ...words, style.dim(`${clock}, ${KEYS}`)].join("\n");
}

function shardsTable(shards: readonly ShardStats[]): Promise<string> {
  const titles = ["Shard", "Port", "Active", "Total", "Sockets", "Targets", "In", "Out", "Memory", "Uptime"];
  return table(
    titles.map((title) => ({ title })),
    shards.map(shardRow),
  );
}

function shardRow(shard: ShardStats): string[] {
  const { running, readyTargets, declaredTargets, uptimeSeconds } = shard;
  const targets = readyTargets === null ? null : `${readyTargets}/${declaredTargets}`;
  return [
    String(shard.shardId),
    String(shard.port),
    running ? cell(shard.activeConnections) : "stopped",
    ...[shard.totalConnections, shard.openSockets, targets].map(cell),
    ...[shard.bytesIn, shard.bytesOut, shard.memoryBytes].map(bytesCell),
    uptimeSeconds === null ? NONE : formatDuration(uptimeSeconds),
  ];
}

function usersTable(users: readonly HolderStats[]): Promise<string> {
  const titles = ["Username", "Active", "Total", "From them", "To them", "Last seen"];
  return table(
    titles.map((title) => ({ title })),
    users.map((user) => [
      user.username ?? "(shared secrets)",
      ...[user.activeConnections, user.totalConnections].map(cell),
      ...[user.bytesIn, user.bytesOut].map(bytesCell),
      user.lastSeen === null ? NONE : `${user.lastSeen.slice(0, 16).replace("T", " ")} UTC`,
    ]),
  );
}

const NONE = "-";

function cell(figure: number | string | null): string {
  return figure === null ? NONE : String(figure);
}

function bytesCell(bytes: number | null): string {
  return bytes === null ? NONE : formatBytes(bytes);
}
