import type { Processes } from "../../haproxy.ts";
import { count, strange } from "./answers.ts";

export const PROCESSES = "show proc";

/** A table with the master in its head, then sections: `# workers`, `# old workers`, `# programs`. */
export function parseProcesses(answer: string): Processes {
  const fail = () => strange(PROCESSES, answer);
  const [, reloads, failed] = /^\d+\s+master\s+(\d+) \[failed: (\d+)\]/m.exec(answer) ?? [];
  const [worker] = workersOf(answer, "workers");
  return {
    reloads: count(reloads, fail),
    failedReloads: count(failed, fail),
    ...(worker === undefined ? {} : { worker }),
    oldWorkers: workersOf(answer, "old workers"),
  };
}

function workersOf(answer: string, title: string): number[] {
  const lines = answer.split("\n");
  const start = lines.indexOf(`# ${title}`);
  if (start === -1) return [];
  const end = lines.findIndex((line, index) => index > start && line.startsWith("#"));
  const section = lines.slice(start + 1, end === -1 ? undefined : end);
  return section.flatMap((line) => {
    const [, pid] = /^(\d+)\s+worker\s/.exec(line) ?? [];
    return pid === undefined ? [] : [Number(pid)];
  });
}
