import { createHash } from "node:crypto";
import { networkInterfaces } from "node:os";
import { statsTemplate } from "./stats-template.ts";
import type { Worker } from "./worker.ts";

/** The whole proxy as its statistics see it. */
export interface Engine {
  /** Serves statistics; without workers it serves clients too. */
  readonly master: Worker;
  readonly workers: readonly Worker[];
  /** Seconds since 1970. */
  readonly startTime: number;
  readonly statsPort: number;
  statsQueries: number;
}

type Values = Readonly<Record<string, number | string>>;

/**
 * The page behind /stats. With workers, some lines are sums over the workers, some over workers and master, and some know the
 * master only (mtproto-proxy.c, mtfront_prepare_stats: SW, S and plain).
 */
export function statsPage(engine: Engine): string {
  const values: Values = {
    ...ofProcess(engine),
    ...ofMaster(engine.master),
    ...ofWorkers(engine),
    ...ofEverything(engine),
    ...ofConfiguration(engine),
  };
  return statsTemplate.replace(/^(\w+)\t\?$/gm, (_, key: string) => `${key}\t${values[key]}`);
}

function ofProcess({ master, startTime, statsPort, statsQueries }: Engine): Values {
  const now = Math.floor(Date.now() / 1000);
  const uptime = now - startTime;
  return {
    pid: process.pid,
    start_time: startTime,
    current_time: now,
    uptime,
    PID: `[${ownAddress(master)}:${statsPort}:${process.pid}:${startTime}]`,
    vmsize_bytes: process.memoryUsage().heapTotal,
    vmrss_bytes: process.memoryUsage.rss(),
    http_queries: statsQueries,
    http_qps: (statsQueries / Math.max(1, uptime)).toFixed(6),
    version: master.setup.build.version,
  };
}

/** The block of connections knows one process only. The request for the page is one more connection of it. */
function ofMaster(master: Worker): Values {
  const { links, created, connectFailures, readyTargets, declaredTargets } = master.upstream;
  const connections = master.traffic.openSockets;
  const inbound = connections - links.length;
  const ready = links.filter(({ isReady }) => isReady).length;
  return {
    active_connections: connections,
    outbound_connections: links.length,
    ready_outbound_connections: ready,
    active_outbound_connections: ready,
    outbound_connections_created: created,
    total_connect_failures: connectFailures,
    inbound_connections: inbound,
    active_inbound_connections: inbound,
    inbound_connections_accepted: master.accepted,
    listening_connections: 1 + master.setup.line.clientPorts.length,
    ready_targets: readyTargets,
    allocated_targets: declaredTargets,
    active_targets: declaredTargets,
    max_connections: master.setup.maxConnections,
    active_special_connections: master.clients.size,
    max_special_connections: master.maxClients,
    max_accept_rate: master.setup.line.acceptRate,
    tcp_readv_bytes: master.traffic.received,
    tcp_writev_bytes: master.traffic.sent,
    accept_connection_limit_failed: master.refusedByLimit,
    accept_rate_limit_failed: master.refusedByRate,
    allocated_connections: connections,
    allocated_outbound_connections: links.length,
    allocated_inbound_connections: inbound,
    allocated_socket_connections: connections,
  };
}

function ofWorkers({ workers }: Engine): Values {
  const sum = summing(workers);
  return {
    total_ready_targets: sum(({ upstream }) => upstream.readyTargets),
    total_allocated_targets: sum(({ upstream }) => upstream.declaredTargets),
    total_declared_targets: sum(({ upstream }) => upstream.declaredTargets),
    total_special_connections: sum(({ clients }) => clients.size),
    total_max_special_connections: sum(({ maxClients }) => maxClients),
  };
}

function ofEverything({ master, workers }: Engine): Values {
  const sum = summing(new Set([master, ...workers]));
  const connections = sum(({ traffic }) => traffic.openSockets);
  const outbound = sum(({ upstream }) => upstream.links.length);
  const refused = [0, 0, sum(({ refusedByLimit }) => refusedByLimit), sum(({ refusedByRate }) => refusedByRate), 0];
  return {
    tot_forwarded_queries: sum(({ forwarder }) => forwarder.forwarded),
    dropped_queries: sum(({ forwarder }) => forwarder.dropped),
    tot_forwarded_responses: sum(({ forwarder }) => forwarder.answered),
    dropped_responses: sum(({ forwarder }) => forwarder.droppedAnswers),
    ext_connections: sum(({ forwarder }) => forwarder.active),
    ext_connections_created: sum(({ forwarder }) => forwarder.created),
    total_connections: connections,
    total_encrypted_connections: sum(encryptedConnections),
    total_allocated_connections: connections,
    total_allocated_outbound_connections: outbound,
    total_allocated_inbound_connections: connections - outbound,
    total_allocated_socket_connections: connections,
    total_accept_connections_failed: refused.join(" "),
  };
}

function ofConfiguration({ master, workers }: Engine): Values {
  const { line, secret } = master.setup;
  const config = master.upstream.config;
  return {
    config_filename: line.configFile,
    config_loaded_at: config?.loadedAt ?? 0,
    config_size: config?.bytes ?? 0,
    config_md5: config?.md5 ?? "",
    config_auth_clusters: config?.clusters.size ?? 0,
    workers: workers.includes(master) ? 0 : workers.length,
    window_clamp: line.windowClamp || (line.domains.length === 0 ? 131_072 : 0),
    proxy_tag_set: line.tag === undefined ? 0 : 1,
    aes_pwd_hash: secret === undefined ? "" : createHash("md5").update(secret).digest("hex"),
  };
}

function encryptedConnections({ clients, upstream }: Worker): number {
  const links = upstream.links.filter(({ isSecured }) => isSecured).length;
  return links + [...clients].filter(({ isEncrypted }) => isEncrypted).length;
}

function summing(workers: Iterable<Worker>): (value: (worker: Worker) => number) => number {
  const all = [...workers];
  return (value) => all.reduce((total, worker) => total + value(worker), 0);
}

/** The address that the proxy takes for its own, for show only: that of `--address` in 10/8, else an interface's. */
export function ownAddress({ setup }: Worker): string {
  const { address } = setup.line;
  if (address?.startsWith("10.")) return address;
  const interfaces = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return interfaces.find(({ family, internal }) => family === "IPv4" && !internal)?.address ?? "127.0.0.1";
}
