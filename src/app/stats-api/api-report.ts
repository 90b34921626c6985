import { join } from "node:path";
import type { Context } from "../../context.ts";
import { daemonLock } from "../daemon/daemon-state.ts";

/** What the daemon says of the API that it serves, or wants to; in run/stats_api.json. */
export interface ApiReport {
  readonly pid: number;
  readonly port: number;
  readonly origin: string | null;
  /** Where it listens; none while it cannot. */
  readonly addresses: readonly string[];
  /** ISO 8601: since when; null while it cannot. */
  readonly since: string | null;
  /** Which token is asked for; null for none. */
  readonly tokenMark: string | null;
  /** Why it does not listen, and what helps. */
  readonly fault: string | null;
  readonly remedy: string | null;
}

function reportPath({ paths }: Context): string {
  return join(paths.run, "stats_api.json");
}

/** Of the daemon that runs; undefined when none serves. */
export async function readApiReport(ctx: Context): Promise<ApiReport | undefined> {
  const text = await ctx.files.readText(reportPath(ctx));
  const report = parsed(text ?? "null");
  return report !== undefined && (await ctx.locks.holderOf(daemonLock(ctx))) === report.pid ? report : undefined;
}

/** By the daemon. */
export async function writeApiReport(ctx: Context, report: ApiReport | undefined): Promise<void> {
  if (report === undefined) await ctx.files.remove(reportPath(ctx));
  else await ctx.files.write(reportPath(ctx), `${JSON.stringify(report)}\n`, { mode: 0o600 });
}

/** Undefined for what another version wrote. */
function parsed(text: string): ApiReport | undefined {
  try {
    const report: unknown = JSON.parse(text);
    return isReport(report) ? report : undefined;
  } catch {
    return undefined;
  }
}

function isReport(report: unknown): report is ApiReport {
  const { pid, addresses } = (report ?? {}) as Partial<ApiReport>;
  return typeof pid === "number" && Array.isArray(addresses);
}
