import type { ProxyFigures, ShardFigures, Snapshot } from "../../domain/numbers/snapshot.ts";
import { counter, type Family, familiesOf, gauge } from "./family.ts";

const STATS = "the proxies' own /stats";

/** Of all proxies together. */
export function proxyFamilies({ at, proxy }: Pick<Snapshot, "at" | "proxy">): Family[] {
  const { running, activeConnections, totalConnections, uptimeSeconds }: ProxyFigures = proxy;
  return [
    gauge(
      "mtproxy_up",
      "1 while a proxy runs, 0 while none does; absent while the engine does not tell. From the engine.",
      running === null ? null : Number(running),
    ),
    gauge(
      "mtproxy_look_timestamp_seconds",
      "When the daemon last looked at everything, Unix time: all figures here are of then. From the daemon's clock.",
      Date.parse(at) / 1000,
    ),
    gauge(
      "mtproxy_active_connections",
      `Clients with a live session. From ext_connections of ${STATS}, summed.`,
      activeConnections,
    ),
    counter(
      "mtproxy_connections_total",
      `Sessions since the daemon first looked, over restarts. From ext_connections_created of ${STATS}, summed.`,
      totalConnections,
    ),
    gauge("mtproxy_uptime_seconds", `Seconds that the oldest proxy runs. From ${STATS}.`, uptimeSeconds),
  ];
}

/** Shard by shard. */
export function shardFamilies(shards: readonly ShardFigures[]): Family[] {
  const of = familiesOf(shards, ({ id }) => ({ shard: String(id) }));
  const described = familiesOf(shards, ({ id, name, kind, port }) => ({
    shard: String(id),
    name,
    kind,
    port: String(port),
  }));
  return [
    described.gauge("mtproxy_shard_info", "What each shard is: container, kind and port. From the settings.", () => 1),
    of.gauge("mtproxy_shard_up", "1 while the shard's proxy runs. From the engine.", ({ running }) => Number(running)),
    of.gauge(
      "mtproxy_shard_active_connections",
      "Clients with a live session. From ext_connections of the shard's /stats.",
      ({ activeConnections }) => activeConnections,
    ),
    of.counter(
      "mtproxy_shard_connections_total",
      "Sessions since the daemon first looked, over restarts. From ext_connections_created of the shard's /stats.",
      ({ totalConnections }) => totalConnections,
    ),
    of.gauge(
      "mtproxy_shard_open_sockets",
      "Open sockets of clients, strangers too. From total_special_connections of the shard's /stats.",
      ({ openSockets }) => openSockets,
    ),
    of.gauge(
      "mtproxy_shard_uptime_seconds",
      "Seconds since the process started. From uptime of the shard's /stats.",
      ({ uptimeSeconds }) => uptimeSeconds,
    ),
    of.gauge(
      "mtproxy_shard_ready_targets",
      "Connections to Telegram that are ready; without any nobody gets through. From total_ready_targets of the shard's /stats.",
      ({ readyTargets }) => readyTargets,
    ),
    of.gauge(
      "mtproxy_shard_declared_targets",
      "Connections to Telegram that the shard wants. From total_declared_targets of the shard's /stats.",
      ({ declaredTargets }) => declaredTargets,
    ),
    of.counter(
      "mtproxy_shard_received_bytes_total",
      "Bytes received over all sockets, those to Telegram too, over restarts. From tcp_readv_bytes of the shard's /stats; absent with workers.",
      ({ bytesIn }) => bytesIn,
    ),
    of.counter(
      "mtproxy_shard_sent_bytes_total",
      "Bytes sent over all sockets, those to Telegram too, over restarts. From tcp_writev_bytes of the shard's /stats; absent with workers.",
      ({ bytesOut }) => bytesOut,
    ),
    of.gauge(
      "mtproxy_shard_resident_memory_bytes",
      "Resident memory of the process. From vmrss_bytes of the shard's /stats.",
      ({ memoryBytes }) => memoryBytes,
    ),
  ];
}
