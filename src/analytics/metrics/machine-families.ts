import type { EdgeFigures, HostFigures, ResourceFigures } from "../../domain/numbers/snapshot.ts";
import { counter, type Family, familiesOf, gauge } from "./family.ts";

/** HAProxy and its agents. */
export function edgeFamilies(edge: EdgeFigures | null): Family[] {
  if (edge === null) return [];
  const verdicts = familiesOf(Object.entries(edge.verdicts), ([verdict]) => ({ verdict }));
  return [
    gauge(
      "mtproxy_edge_up",
      "1 while HAProxy runs, 0 while it does not and nobody gets in. From the engine.",
      edge.running === null ? null : Number(edge.running),
    ),
    gauge("mtproxy_edge_active_connections", "Open now, of people and strangers. From HAProxy.", edge.connections),
    gauge("mtproxy_edge_uptime_seconds", "Seconds since HAProxy's worker started. From HAProxy.", edge.uptimeSeconds),
    gauge(
      "mtproxy_edge_old_workers",
      "Workers of configurations before, whose connections go on. From HAProxy.",
      edge.oldWorkers,
    ),
    gauge(
      "mtproxy_edge_agents",
      "Agents that answer, of two; without any nobody is told apart. From the daemon, which asks them.",
      edge.agents,
    ),
    verdicts.counter(
      "mtproxy_edge_connections_total",
      "Connections that ended, by what became of them (ok, stranger, …). From HAProxy's log, since the daemon first read it.",
      ([, count]) => count,
    ),
  ];
}

/** What our containers take together, or the trial engine's process. */
export function resourceFamilies(resources: ResourceFigures | null): Family[] {
  if (resources === null) return [];
  const { cpuPercent, memoryBytes, networkRxBytes, networkTxBytes } = resources;
  const all = "of all containers of this proxy together, or the trial engine's process. From the engine.";
  return [
    gauge(
      "mtproxy_cpu_usage_cores",
      `Cores in use since the look before, ${all}`,
      cpuPercent === null ? null : cpuPercent / 100,
    ),
    gauge("mtproxy_memory_bytes", `Memory in use, ${all}`, memoryBytes),
    counter(
      "mtproxy_network_received_bytes_total",
      `Bytes over the network since the daemon first looked, ${all}`,
      networkRxBytes,
    ),
    counter(
      "mtproxy_network_sent_bytes_total",
      `Bytes over the network since the daemon first looked, ${all}`,
      networkTxBytes,
    ),
  ];
}

/** The server itself. */
export function hostFamilies({ load, ...host }: HostFigures): Family[] {
  const minutes = familiesOf(
    [1, 5, 15].map((count, index) => [String(count), load[index]] as const),
    ([count]) => ({
      minutes: count,
    }),
  );
  return [
    minutes.gauge(
      "mtproxy_host_load",
      "Load of the server over so many minutes. From the kernel.",
      ([, value]) => value,
    ),
    gauge("mtproxy_host_cores", "Cores of the server. From the kernel.", host.cores),
    gauge("mtproxy_host_memory_bytes", "Memory of the server. From the kernel.", host.memoryBytes),
    gauge(
      "mtproxy_host_memory_free_bytes",
      "Memory that programs could have: what only holds files counts as free. From the kernel.",
      host.memoryFreeBytes,
    ),
    gauge("mtproxy_host_disk_bytes", "Size of the file system that the home is on. From the kernel.", host.diskBytes),
    gauge(
      "mtproxy_host_disk_free_bytes",
      "What is free of it for those who are not root. From the kernel.",
      host.diskFreeBytes,
    ),
  ];
}
