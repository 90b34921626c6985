import type { Settings } from "../../domain/settings.ts";
import { shardName } from "../../domain/shard.ts";
import { hasSecret } from "../../domain/user.ts";
import type { Instance } from "../../engine/engine.ts";
import { type Check, failed, ok, warning } from "./check.ts";
import type { Examination } from "./examination.ts";

/** One Telegram app opens about eight connections. */
const PER_APP = 8;

/** Above this part of the kernel's own limit programs begin to fail. */
const NEARLY_ALL = 0.9;

export const openFilesCheck: Check = {
  id: "open-files",
  title: "the proxies may open enough files",
  run: async (exam) => {
    const full = await kernelFault(exam);
    if (full !== undefined) return failed(full, "sysctl fs.file-max; lsof shows who has so many open");
    const { settings, users } = await exam.state();
    const shards = await exam.running();
    const fits = await Promise.all(shards.map(({ instance }) => connectionsOf(exam, settings, instance)));
    const fit = Math.min(...fits.filter((count) => count !== undefined));
    if (!Number.isFinite(fit)) return ok("the proxies may open as many files as they ask for");
    const people = users.filter((user) => hasSecret(user) && user.enabled).length;
    const name = shardName(shards[fits.indexOf(fit)]?.shard.id ?? 1);
    const words = `${name} can hold ${fit} connections at once`;
    const wanted = Math.ceil(people / shards.length) * PER_APP;
    if (fit < wanted)
      return failed(`${words}, and the apps of ${people} people open about ${people * PER_APP}`, raise(settings));
    if (fit < settings.maxConnections)
      return warning(`${words}, ${settings.maxConnections} are wanted`, raise(settings));
    return ok(words);
  },
};

function raise({ engine }: Settings): string {
  return engine === "docker"
    ? "raise LimitNOFILE of docker.service (systemctl edit docker), restart Docker, then mtproxy image probe and mtproxy apply"
    : "ulimit -n 65536, then mtproxy restart in the same shell";
}

/** All programs of the machine share what the kernel allows (proc(5), file-nr: open, free, most). */
async function kernelFault({ ctx }: Examination): Promise<string | undefined> {
  const [open = 0, , most = Number.POSITIVE_INFINITY] = ((await ctx.files.readText("/proc/sys/fs/file-nr")) ?? "")
    .split(/\s+/)
    .map(Number);
  return open > NEARLY_ALL * most ? `the machine has ${open} files open, and ${most} are the most` : undefined;
}

/** By the process's own limit; undefined when nobody can tell. */
async function connectionsOf(
  { ctx }: Examination,
  { engine, maxConnections }: Settings,
  { pid }: Instance,
): Promise<number | undefined> {
  const limits = pid === undefined ? undefined : await ctx.files.readText(`/proc/${pid}/limits`).catch(() => undefined);
  const limit = limits === undefined ? undefined : openFilesOf(limits);
  if (limit === undefined) return undefined;
  return Math.min(maxConnections, engine === "docker" ? proxyConnections(limit) : trialConnections(limit));
}

/** The soft limit in a text as /proc/PID/limits. */
export function openFilesOf(limits: string): number | undefined {
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1];
  if (soft === undefined) return undefined;
  return soft === "unlimited" ? Number.POSITIVE_INFINITY : Number(soft);
}

/** docker/entrypoint.sh leaves the C proxy 19 files of its own. */
function proxyConnections(limit: number): number {
  return Math.max(0, limit - 19);
}

/** Our own server needs a second file for each connection, towards Telegram, and 64 for itself. */
function trialConnections(limit: number): number {
  return Math.max(0, Math.floor((limit - 64) / 2));
}
