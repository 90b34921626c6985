import type { Container, ContainerStats } from "dockerode";
import { AppError } from "../../domain/errors.ts";
import type { ResourceUse } from "../../domain/resource-use.ts";
import { cgroupUse } from "./cgroup.ts";
import { isStatus } from "./daemon-errors.ts";

/**
 * One reading of a container's counters; undefined for one that went away meanwhile. A daemon that is older than the kernel has nothing to
 * say of running containers (20.10 on 6.x): on the same host the kernel is asked then.
 * @throws AppError engine when neither tells
 */
export async function resourceUse(
  container: Container,
  name: string,
  isOnThisHost: boolean,
): Promise<ResourceUse | undefined> {
  try {
    const stats: Stats = await container.stats({ stream: false, "one-shot": true });
    if (!isBlank(stats)) return described(name, container.id, stats);
    const { State } = await container.inspect();
    if (!State.Running) return undefined;
    const use = isOnThisHost ? cgroupUse(name, container.id, State.Pid) : undefined;
    if (use !== undefined) return use;
  } catch (error) {
    if (isStatus(error, 404, 409)) return undefined;
    throw error;
  }
  throw new AppError("engine", `Docker does not tell what ${name} uses`);
}

/** Not everything is there of a container that has just ended. */
type Stats = Pick<ContainerStats, "read" | "cpu_stats"> & Partial<Pick<ContainerStats, "memory_stats" | "networks">>;

/** As if nobody had ever looked. */
function isBlank({ read }: Stats): boolean {
  return read.startsWith("0001-");
}

function described(name: string, id: string, { cpu_stats, memory_stats, networks }: Stats): ResourceUse {
  const cpuSeconds = cpu_stats.cpu_usage.total_usage / 1e9;
  return { name, start: id, cpuSeconds, memoryBytes: residentBytes(memory_stats), ...networkOf(networks) };
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
