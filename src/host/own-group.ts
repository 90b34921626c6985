import type { ChildProcess } from "node:child_process";

/**
 * For programs that we start: a process group of their own, because Ctrl-C at a terminal goes to everybody in ours. They would end
 * in the middle of what we are about to finish.
 */
export const ownGroup = { detached: true } as const;

const running = new Set<number>();

/** Ends such a program, and whatever it started, when this process ends before it. */
export function endWithUs(program: Pick<ChildProcess, "pid" | "once">): void {
  const { pid } = program;
  if (pid === undefined) return;
  if (running.size === 0) process.once("exit", endAll);
  running.add(pid);
  program.once("exit", () => {
    running.delete(pid);
    if (running.size === 0) process.off("exit", endAll);
  });
}

function endAll(): void {
  for (const pid of running) {
    try {
      process.kill(-pid, "SIGTERM");
    } catch {
      // It has ended already.
    }
  }
}
