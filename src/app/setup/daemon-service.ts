import type { HostContext } from "../../context.ts";
import { DAEMON_UNIT, daemonFiles, type HostFileFacts } from "../../render/host-files.ts";
import { daemonState } from "../daemon/daemon-state.ts";
import { entriesOf, noteEntry, runTool } from "./host-context.ts";
import type { HostServices } from "./host-facts.ts";
import { putHostFiles } from "./host-files.ts";

const PATIENCE_MS = 10_000;
const PAUSE_MS = 50;

/**
 * The daemon as a service that runs, for the stats API of a home in which HAProxy's routing does not bring it along.
 * @returns a sentence; undefined where there is no systemd
 */
export async function putDaemonService(
  ctx: HostContext,
  facts: HostFileFacts,
  { systemd }: HostServices,
): Promise<string | undefined> {
  if (!systemd) return undefined;
  const files = daemonFiles(facts);
  const before = await Promise.all(files.map(({ path }) => ctx.files.readText(ctx.machine.at(path))));
  if ((await putHostFiles(ctx, "stats-api", files)).length < files.length) return undefined;
  await noteEntry(ctx, { part: "stats-api", kind: "timer", what: DAEMON_UNIT });
  await enableUnits(ctx, [DAEMON_UNIT]);
  const isNew = files.some(({ content }, index) => before[index] !== undefined && before[index] !== content);
  if (ctx.machine.root === undefined) await runDaemonService(ctx, isNew);
  return `service: ${DAEMON_UNIT}`;
}

/** From the next start of the machine on. */
export async function enableUnits(ctx: HostContext, units: readonly string[]): Promise<void> {
  const { root } = ctx.machine;
  if (root === undefined) await runTool(ctx, ["systemctl", "daemon-reload"]);
  const where = root === undefined ? [] : [`--root=${root}`];
  await runTool(ctx, ["systemctl", "--quiet", ...where, "enable", ...units]);
}

/**
 * Starts it, anew where it is another version. That it does not come up is told by whoever looks at it afterwards: nobody is cut for
 * want of it.
 * @param isNew its unit is not what it was
 */
export async function runDaemonService(ctx: HostContext, isNew: boolean): Promise<void> {
  const isOld = isNew || (await daemonState(ctx)).outdated;
  await runTool(ctx, ["systemctl", isOld ? "restart" : "start", DAEMON_UNIT]);
  const deadline = ctx.clock.now().getTime() + PATIENCE_MS;
  const isUp = async () => {
    const { condition, outdated } = await daemonState(ctx);
    return condition === "running" && !outdated;
  };
  while (!(await isUp()) && ctx.clock.now().getTime() < deadline) await ctx.clock.sleep(PAUSE_MS);
}

/** After an upgrade of the package. @returns whether it was still the version before */
export async function renewDaemonService(ctx: HostContext): Promise<boolean> {
  if (ctx.machine.root !== undefined || ctx.host.uid !== 0) return false;
  if (!(await daemonState(ctx)).outdated || (await entriesOf(ctx, "stats-api")).length === 0) return false;
  await runDaemonService(ctx, false);
  return true;
}
