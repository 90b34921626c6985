import type { Container, ContainerStats } from "dockerode";
import type { ResourceUse } from "../../domain/resource-use.ts";
import { isStatus } from "./daemon-errors.ts";

/** One reading of a container's counters. Undefined for one that went away meanwhile. */
export async function resourceUse(container: Container, name: string): Promise<ResourceUse | undefined> {
  try {
    return described(name, await container.stats({ stream: false, "one-shot": true }));
  } catch (error) {
    if (isStatus(error, 404, 409)) return undefined;
    throw error;
  }
}

/** One that has just ended has no memory. */
type Stats = Pick<ContainerStats, "cpu_stats"> &
  Partial<Pick<ContainerStats, "memory_stats" | "networks">> & { id?: string };

function described(name: string, { id, cpu_stats, memory_stats, networks }: Stats): ResourceUse {
  const cpuSeconds = (cpu_stats.cpu_usage?.total_usage ?? 0) / 1e9;
  return { name, start: id ?? name, cpuSeconds, memoryBytes: residentBytes(memory_stats), ...networkOf(networks) };
}

/** As `docker stats` shows it: files that were read and can be dropped are not the program's (cgroup v1 and v2 name them differently). */
function residentBytes(memory: Stats["memory_stats"]): number {
  const parts: Readonly<Record<string, number>> = { ...memory?.stats };
  return Math.max(0, (memory?.usage ?? 0) - (parts.total_inactive_file ?? parts.inactive_file ?? 0));
}

/** Over all interfaces; nothing for a container on the host's network. */
function networkOf(networks: Stats["networks"]): Pick<ResourceUse, "rxBytes" | "txBytes"> {
  const all = Object.values(networks ?? {});
  if (all.length === 0) return {};
  const sum = (figure: "rx_bytes" | "tx_bytes") => all.reduce((total, network) => total + network[figure], 0);
  return { rxBytes: sum("rx_bytes"), txBytes: sum("tx_bytes") };
}
