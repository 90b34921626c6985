import { readFileSync } from "node:fs";

/** Files that the process needs for itself. */
const RESERVED = 64;

/** How many connections, each with one towards Telegram or the cover site, the process may have open. */
export function connectionsThatFit(limits: string = readFileSync("/proc/self/limits", "utf8")): number {
  const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
  return soft === undefined ? Number.POSITIVE_INFINITY : Math.max(1, Math.floor((Number(soft) - RESERVED) / 2));
}
