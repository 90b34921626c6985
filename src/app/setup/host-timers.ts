import type { HostContext } from "../../context.ts";
import { AppError, wordsOf } from "../../domain/errors.ts";
import type { HostEntry } from "../../domain/host-record.ts";
import { cronFiles, type HostFileFacts, systemdFiles, timerNames } from "../../render/host-files.ts";
import { forgetEntry, noteEntry, runTool } from "./host-context.ts";
import type { HostServices } from "./host-facts.ts";
import { putHostFiles } from "./host-files.ts";

/** systemd's timers, or cron's where systemd does not run. @returns a sentence; undefined when neither serves here */
export async function putTimers(
  ctx: HostContext,
  facts: HostFileFacts,
  { systemd, cron }: HostServices,
): Promise<string | undefined> {
  if (systemd) return putSystemdTimers(ctx, facts);
  if (!cron) return undefined;
  const [path] = await putHostFiles(ctx, "timer", cronFiles(facts));
  return path && `cron jobs: ${path}`;
}

async function putSystemdTimers(ctx: HostContext, facts: HostFileFacts): Promise<string | undefined> {
  const paths = await putHostFiles(ctx, "timer", systemdFiles(facts));
  const names = timerNames().filter((name) => paths.some((path) => path.endsWith(`/${name}`)));
  for (const what of names) await noteEntry(ctx, { part: "timer", kind: "timer", what });
  if (names.length === 0) return undefined;
  if (ctx.machine.root === undefined) await runTool(ctx, ["systemctl", "daemon-reload"]);
  await runTool(ctx, systemctl(ctx, "enable", names));
  return `systemd timers: ${names.join(", ")}`;
}

/** A unit that is gone already, or a systemd that is, is no reason to keep the rest. */
export async function removeTimer(ctx: HostContext, entry: HostEntry): Promise<void> {
  try {
    await runTool(ctx, systemctl(ctx, "disable", [entry.what]));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    ctx.progress.warn(wordsOf(error));
  }
  await forgetEntry(ctx, entry);
}

/** After unit files went. */
export async function reloadUnits(ctx: HostContext): Promise<void> {
  if (ctx.machine.root === undefined) await ctx.machine.run(["systemctl", "daemon-reload"]);
}

export function systemctl(
  { machine: { root } }: HostContext,
  verb: "enable" | "disable",
  names: readonly string[],
): string[] {
  return root === undefined
    ? ["systemctl", "--quiet", verb, "--now", ...names]
    : ["systemctl", "--quiet", `--root=${root}`, verb, ...names];
}
