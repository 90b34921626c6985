import { type BigIntStats, readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { basename } from "node:path";

/**
 * Whether a mount namespace, a container's or our own, has exactly this file mounted: a rename would leave the old file there.
 * Read from /proc, so it is the same for every container engine. Namespaces of other users are only seen by root.
 */
export function isBindMounted(path: string): boolean {
  const file = quietly(() => statSync(path, { bigint: true }));
  const name = quietly(() => basename(realpathSync(path)));
  if (file === undefined || name === undefined) return false;
  return mountNamespaces().some((pid) => mountTargets(pid, name).some((target) => isSame(file, pid, target)));
}

function isSame(file: BigIntStats, pid: string, target: string): boolean {
  const mounted = quietly(() => statSync(`/proc/${pid}/root${target}`, { bigint: true }));
  return mounted !== undefined && mounted.dev === file.dev && mounted.ino === file.ino;
}

/** One process of each mount namespace. */
function mountNamespaces(): string[] {
  const members = new Map<string, string>();
  for (const pid of (quietly(() => readdirSync("/proc")) ?? []).filter((name) => /^\d+$/.test(name))) {
    const namespace = quietly(() => readlinkSync(`/proc/${pid}/ns/mnt`));
    if (namespace !== undefined && !members.has(namespace)) members.set(namespace, pid);
  }
  return [...members.values()];
}

/** Where a process has a file of this name mounted: the 4th and 5th word of a line in mountinfo (proc(5)). */
function mountTargets(pid: string, name: string): string[] {
  const lines = quietly(() => readFileSync(`/proc/${pid}/mountinfo`, "utf8"))?.split("\n") ?? [];
  return lines.flatMap((line) => {
    const [, , , root = "", target = ""] = line.split(" ").map(unescaped);
    return root.endsWith(`/${name}`) ? [target] : [];
  });
}

/** Blank, tab, line feed and backslash are written as three octal digits there. */
function unescaped(word: string): string {
  return word.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** Processes end while they are looked at, and others may not be looked at. */
function quietly<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
