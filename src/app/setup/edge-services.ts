import type { HostContext } from "../../context.ts";
import { type AgentNumber, agentNumbers } from "../../domain/agent.ts";
import { AppError } from "../../domain/errors.ts";
import { agentUnit, DAEMON_UNIT, edgeFiles, type HostFileFacts } from "../../render/host-files.ts";
import { daemonState } from "../daemon/daemon-state.ts";
import { makeEdgeFolders } from "../routing/agent-keys.ts";
import { readAgentReport, renderedGeneration } from "../routing/agent-report.ts";
import { enableUnits, runDaemonService } from "./daemon-service.ts";
import { entriesOf, noteEntry, runTool } from "./host-context.ts";
import type { HostServices } from "./host-facts.ts";
import { putHostFiles } from "./host-files.ts";

/** An agent answers some hundred milliseconds after its start. */
const PATIENCE_MS = 10_000;
const PAUSE_MS = 50;

const UNITS = [...agentNumbers.map(agentUnit), DAEMON_UNIT];

/**
 * The agents and the daemon as services that run: those that do not answer are started, those that an older version of this product
 * started are started anew, an agent only while the other one answers.
 * @returns a sentence; undefined where there is no systemd
 * @throws AppError engine when one does not come up
 */
export async function putEdgeServices(
  ctx: HostContext,
  facts: HostFileFacts,
  { systemd }: HostServices,
): Promise<string | undefined> {
  if (!systemd) return undefined;
  const files = edgeFiles(facts, ctx.paths.agents);
  const before = await Promise.all(files.map(({ path }) => ctx.files.readText(ctx.machine.at(path))));
  const paths = await putHostFiles(ctx, "edge", files);
  if (paths.length < files.length) return undefined;
  for (const what of UNITS) await noteEntry(ctx, { part: "edge", kind: "timer", what });
  await enableUnits(ctx, UNITS);
  const isNew = files.some(({ content }, index) => before[index] !== undefined && before[index] !== content);
  if (ctx.machine.root === undefined) await runServices(ctx, isNew);
  return `services: ${UNITS.join(", ")}`;
}

/** @param isNew their units are not what they were */
async function runServices(ctx: HostContext, isNew: boolean): Promise<void> {
  await makeEdgeFolders(ctx);
  // Before the first keys an agent only waits for them.
  if ((await renderedGeneration(ctx)) === undefined) return void (await runTool(ctx, ["systemctl", "start", ...UNITS]));
  for (const number of await awayFirst(ctx)) if (isNew || (await isToRestart(ctx, number))) await restart(ctx, number);
  await runDaemonService(ctx, isNew);
}

/** While one is restarted that answers, the other one must answer. */
async function awayFirst({ agents }: HostContext): Promise<AgentNumber[]> {
  const conditions = await Promise.all(agentNumbers.map((number) => agents.greet(number)));
  const isAway = (number: AgentNumber) => conditions[agentNumbers.indexOf(number)] !== "answers";
  return [...agentNumbers].sort((a, b) => Number(isAway(b)) - Number(isAway(a)));
}

async function isToRestart(ctx: HostContext, number: AgentNumber): Promise<boolean> {
  return (await ctx.agents.greet(number)) !== "answers" || (await isOutdated(ctx, number));
}

async function isOutdated(ctx: HostContext, number: AgentNumber): Promise<boolean> {
  const report = await readAgentReport(ctx, number);
  return report !== undefined && report.version !== ctx.agents.version;
}

/** @throws AppError engine: the other agent is left as it is */
async function restart(ctx: HostContext, number: AgentNumber): Promise<void> {
  await runTool(ctx, ["systemctl", "restart", agentUnit(number)]);
  const deadline = ctx.clock.now().getTime() + PATIENCE_MS;
  while ((await ctx.agents.greet(number)) !== "answers") {
    if (ctx.clock.now().getTime() > deadline)
      throw new AppError("engine", `agent ${number} was started and does not answer`, {
        hint: `journalctl -u ${agentUnit(number)} shows why`,
      });
    await ctx.clock.sleep(PAUSE_MS);
  }
}

/**
 * After an upgrade of the package: services of ours that are still the version before are started anew, one after the other.
 * @returns whether there were any
 * @throws AppError engine when one does not come up
 */
export async function renewEdgeServices(ctx: HostContext): Promise<boolean> {
  if (ctx.machine.root !== undefined || ctx.host.uid !== 0) return false;
  const outdated = await Promise.all(agentNumbers.map((number) => isOutdated(ctx, number)));
  const isBehind = outdated.includes(true) || (await daemonState(ctx)).outdated;
  if (!isBehind || (await entriesOf(ctx, "edge")).length === 0) return false;
  await runServices(ctx, false);
  return true;
}
