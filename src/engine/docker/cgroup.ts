import { readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import type { ResourceUse } from "../../domain/resource-use.ts";

const ROOT = "/sys/fs/cgroup";

/**
 * What the kernel counts for a container on this host: its control group, version 1 or 2, and the network of its first process.
 * Undefined where that cannot be read.
 */
export async function cgroupUse(name: string, id: string, pid: number): Promise<ResourceUse | undefined> {
  try {
    const group = await controlGroups(pid);
    const [cpuSeconds, memoryBytes] = await Promise.all([cpuOf(group), memoryOf(group)]);
    return { name, start: id, cpuSeconds, memoryBytes, ...(await networkOf(pid)) };
  } catch {
    return undefined;
  }
}

/** The folder that counts for each controller; `""` for all of them together (version 2). */
type Groups = (controller: string) => string | undefined;

async function controlGroups(pid: number): Promise<Groups> {
  const lines = (await readFile(`/proc/${pid}/cgroup`, "utf8")).trim().split("\n");
  const groups = lines.map((line) => {
    const [, controllers = "", path = ""] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    return { names: controllers.split(","), folder: join(ROOT, controllers, path) };
  });
  return (controller) => groups.find(({ names }) => names.includes(controller))?.folder;
}

async function cpuOf(groups: Groups): Promise<number> {
  const folder = groups("cpuacct");
  if (folder !== undefined) return Number(await readFile(join(folder, "cpuacct.usage"), "utf8")) / 1e9;
  return field(await readFile(join(groups("") ?? ROOT, "cpu.stat"), "utf8"), "usage_usec") / 1e6;
}

/** Without files that were read and can be dropped. */
async function memoryOf(groups: Groups): Promise<number> {
  const folder = groups("memory") ?? groups("") ?? ROOT;
  const [usage, idle] =
    groups("memory") === undefined
      ? (["memory.current", "inactive_file"] as const)
      : (["memory.usage_in_bytes", "total_inactive_file"] as const);
  const [used, parts] = await Promise.all([usage, "memory.stat"].map((leaf) => readFile(join(folder, leaf), "utf8")));
  return Math.max(0, Number(used) - field(parts ?? "", idle));
}

function field(text: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1] ?? 0);
}

/** Over all interfaces but the loopback; nothing for one on this host's network, which is not its own. */
async function networkOf(pid: number): Promise<Pick<ResourceUse, "rxBytes" | "txBytes">> {
  const [theirs, ours] = await Promise.all([pid, "self"].map((it) => readlink(`/proc/${it}/ns/net`)));
  if (theirs === ours) return {};
  const rows = [...(await readFile(`/proc/${pid}/net/dev`, "utf8")).matchAll(/^ *([^\s:]+):\s*(.+)$/gm)];
  const counts = rows.filter(([, name]) => name !== "lo").map(([, , numbers = ""]) => numbers.trim().split(/\s+/));
  const sum = (column: number) => counts.reduce((all, row) => all + Number(row[column]), 0);
  return { rxBytes: sum(0), txBytes: sum(8) };
}
