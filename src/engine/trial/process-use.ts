import { readFile } from "node:fs/promises";
import type { ResourceUse } from "../../domain/resource-use.ts";

/** sysconf(_SC_CLK_TCK) of every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Of a process, as proc(5) tells; nothing for one that has ended. What it sends goes over the host's network, where nobody counts. */
export async function processUse(name: string, pid: number): Promise<ResourceUse[]> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, "utf8");
    // Behind the name, which is in parentheses and may hold anything, field 3 is the first.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const field = (number: number) => Number(fields[number - 3]);
    const cpuSeconds = (field(14) + field(15)) / TICKS_PER_SECOND;
    return [{ name, start: `${pid} ${field(22)}`, cpuSeconds, memoryBytes: await residentBytes(pid) }];
  } catch {
    return [];
  }
}

async function residentBytes(pid: number): Promise<number> {
  const [, kilobytes = "0"] = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) * 1024;
}
