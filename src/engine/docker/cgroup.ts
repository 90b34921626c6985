import { readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { ResourceUse } from "../../domain/resource-use.ts";

const ROOT = "/sys/fs/cgroup";

/**
 * What the kernel counts for a container on this host: its control group, version 1 or 2, and the network of its first process.
 * Undefined where that cannot be read. The kernel has it all in memory: another thread would take longer to be asked than to answer.
 */
export function cgroupUse(name: string, id: string, pid: number): ResourceUse | undefined {
  try {
    const group = controlGroups(pid);
    return { name, start: id, cpuSeconds: cpuOf(group), memoryBytes: memoryOf(group), ...networkOf(pid) };
  } catch {
    return undefined;
  }
}

/** Throws for a process that has ended. Every driver has the container's id in it. */
export function cgroupFile(pid: number): string {
  return readFileSync(`/proc/${pid}/cgroup`, "utf8");
}

/** The folder that counts for each controller; `""` for all of them together (version 2). */
type Groups = (controller: string) => string | undefined;

function controlGroups(pid: number): Groups {
  const lines = cgroupFile(pid).trim().split("\n");
  const groups = lines.map((line) => {
    const [, controllers = "", path = ""] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    return { names: controllers.split(","), folder: join(ROOT, controllers, path) };
  });
  return (controller) => groups.find(({ names }) => names.includes(controller))?.folder;
}

function cpuOf(groups: Groups): number {
  const folder = groups("cpuacct");
  if (folder !== undefined) return Number(readFileSync(join(folder, "cpuacct.usage"), "utf8")) / 1e9;
  return field(readFileSync(join(groups("") ?? ROOT, "cpu.stat"), "utf8"), "usage_usec") / 1e6;
}

/** Without files that were read and can be dropped. */
function memoryOf(groups: Groups): number {
  const folder = groups("memory") ?? groups("") ?? ROOT;
  const [usage, idle] =
    groups("memory") === undefined
      ? (["memory.current", "inactive_file"] as const)
      : (["memory.usage_in_bytes", "total_inactive_file"] as const);
  const [used, parts] = [usage, "memory.stat"].map((leaf) => readFileSync(join(folder, leaf), "utf8"));
  return Math.max(0, Number(used) - field(parts ?? "", idle));
}

function field(text: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1] ?? 0);
}

/** Over all interfaces but the loopback; nothing for one on this host's network, which is not its own. */
function networkOf(pid: number): Pick<ResourceUse, "rxBytes" | "txBytes"> {
  const [theirs, ours] = [pid, "self"].map((it) => readlinkSync(`/proc/${it}/ns/net`));
  if (theirs === ours) return {};
  const rows = [...readFileSync(`/proc/${pid}/net/dev`, "utf8").matchAll(/^ *([^\s:]+):\s*(.+)$/gm)];
  const counts = rows.filter(([, name]) => name !== "lo").map(([, , numbers = ""]) => numbers.trim().split(/\s+/));
  const sum = (column: number) => counts.reduce((all, row) => all + Number(row[column]), 0);
  return { rxBytes: sum(0), txBytes: sum(8) };
}
