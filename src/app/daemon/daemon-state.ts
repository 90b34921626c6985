import { join } from "node:path";
import type { Context } from "../../context.ts";

const UNIT = "familytraffic-mtproxy-daemon";

/** The one process that sums what everybody uses, and ends what is over. */
export interface DaemonState {
  readonly condition: "running" | "gone";
  /** Of this product; null when it does not run. */
  readonly version: string | null;
  /** It is not the version that this command is. */
  readonly outdated: boolean;
}

/** What it says of itself, in `daemon.json` beside its lock. */
interface DaemonReport {
  readonly pid: number;
  readonly version: string;
}

export function daemonLock(ctx: Context): string {
  return join(ctx.paths.run, "daemon.lock");
}

function reportOf(ctx: Context): string {
  return join(ctx.paths.run, "daemon.json");
}

/** By the daemon, once it has the lock. */
export async function reportDaemon(ctx: Context): Promise<void> {
  const report: DaemonReport = { pid: process.pid, version: ctx.agents.version };
  await ctx.files.write(reportOf(ctx), `${JSON.stringify(report)}\n`, { mode: 0o600 });
}

export async function daemonState(ctx: Context): Promise<DaemonState> {
  const pid = await ctx.locks.holderOf(daemonLock(ctx));
  if (pid === undefined) return { condition: "gone", version: null, outdated: false };
  const report = readReport(await ctx.files.readText(reportOf(ctx)));
  const version = report?.pid === pid ? report.version : null;
  // One that wrote no report is from before there were any.
  return { condition: "running", version, outdated: version !== ctx.agents.version };
}

function readReport(text: string | undefined): (Partial<DaemonReport> & { version: string }) | undefined {
  try {
    const report = JSON.parse(text ?? "null");
    return typeof report?.version === "string" ? report : undefined;
  } catch {
    return undefined;
  }
}

/** What an admin should know of it, and what helps; undefined when it is well. */
export function daemonTrouble({ condition, outdated, version }: DaemonState) {
  if (condition === "gone")
    return {
      words: "the daemon does not run: nobody is stopped at the end of a quota, and no line is written to the log",
      remedy: `systemctl start ${UNIT}, or run mtproxy daemon`,
    };
  if (!outdated) return undefined;
  return {
    words: `the daemon is version ${version ?? "unknown"}, which is not the one that is installed`,
    remedy: `systemctl restart ${UNIT}, or end it and run mtproxy daemon`,
  };
}
