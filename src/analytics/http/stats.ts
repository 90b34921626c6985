import type { ResourceFigures, Snapshot, UserFigures } from "../../domain/numbers/snapshot.ts";
import type { ResourceStats, StatsAnswer, UserStats, UsersAnswer } from "./answers.ts";

const MB = 1e6;

/** A snapshot in the shape of the original requirements, with everything else beside it. */
export function statsOf(snapshot: Snapshot): StatsAnswer {
  const { at, routing, proxy, shards, users, shared = null, usersNote, edge, resources, host } = snapshot;
  const { activeConnections, totalConnections, uptimeSeconds, running } = proxy;
  return {
    mtproxy: { activeConnections, totalConnections, uptimeSeconds, running, routing },
    users: users.map(userStats),
    shared,
    usersNote,
    shards,
    edge,
    resources: resourceStats(resources),
    host,
    timestamp: at,
  };
}

export function usersOf({ users, shared = null, usersNote, at }: Snapshot): UsersAnswer {
  return { users, shared, usersNote, timestamp: at };
}

function userStats({ name, enabled, connections, lastSeen, ...rest }: UserFigures): UserStats {
  return {
    username: name,
    mtproxyEnabled: enabled,
    connections: connections ?? "N/A",
    // Where nobody counts, nobody knows; where somebody does, none is "never".
    lastSeen: connections === null && lastSeen === null ? "N/A" : lastSeen,
    ...rest,
  };
}

function resourceStats(resources: ResourceFigures | null): ResourceStats {
  const { cpuPercent = null, memoryBytes = null, networkRxBytes = null, networkTxBytes = null } = resources ?? {};
  return {
    cpuPercent,
    memoryMb: inMb(memoryBytes),
    networkRxMb: inMb(networkRxBytes),
    networkTxMb: inMb(networkTxBytes),
    memoryBytes,
    networkRxBytes,
    networkTxBytes,
  };
}

/** With one decimal. */
function inMb(bytes: number | null): number | null {
  return bytes === null ? null : Math.round(bytes / (MB / 10)) / 10;
}
