import type { ShardFigures, Snapshot, UserFigures } from "../../src/domain/numbers/snapshot.ts";

/** A look at a home with HAProxy routing, where all is well and nothing was used. */
export function snapshot(parts: Partial<Snapshot> = {}): Snapshot {
  return {
    at: "2026-11-21T12:00:00.000Z",
    routing: "edge",
    proxy: { running: true, activeConnections: 0, totalConnections: 0, uptimeSeconds: 60 },
    shards: [shardFigures()],
    users: [],
    usersNote: null,
    edge: { running: true, connections: 0, uptimeSeconds: 60, oldWorkers: 0, agents: 2, verdicts: {} },
    resources: { cpuPercent: 1.5, memoryBytes: 20_000_000, networkRxBytes: 0, networkTxBytes: 0 },
    host: {
      load: [0.1, 0.2, 0.3],
      cores: 2,
      memoryBytes: 4e9,
      memoryFreeBytes: 3e9,
      diskBytes: 1e11,
      diskFreeBytes: 5e10,
    },
    ...parts,
  };
}

export function shardFigures(parts: Partial<ShardFigures> = {}): ShardFigures {
  return {
    ...{ id: 1, name: "familytraffic-mtproxy", kind: "padded", port: 8443, running: true },
    ...{
      activeConnections: 0,
      totalConnections: 0,
      openSockets: 0,
      uptimeSeconds: 60,
      readyTargets: 4,
      declaredTargets: 5,
    },
    ...{ bytesIn: 0, bytesOut: 0, memoryBytes: 7_000_000 },
    ...parts,
  };
}

export function userFigures(name: string, parts: Partial<UserFigures> = {}): UserFigures {
  return {
    ...{ name, enabled: true, refusal: null, connections: 0, totalConnections: 0, bytesIn: 0, bytesOut: 0 },
    ...{ usedBytes: 0, lastSeen: null, addressesToday: 0, limits: null, expiresAt: null },
    ...parts,
  };
}
