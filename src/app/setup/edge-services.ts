import type { HostContext } from "../../context.ts";
import { type AgentNumber, agentNumbers } from "../../domain/agent.ts";
import { AppError } from "../../domain/errors.ts";
import { agentUnit, DAEMON_UNIT, edgeFiles, type HostFileFacts } from "../../render/host-files.ts";
import { readAgentReport } from "../routing/agent-report.ts";
import { noteEntry, runTool } from "./host-context.ts";
import type { HostServices } from "./host-facts.ts";
import { putHostFiles } from "./host-files.ts";
import { systemctl } from "./host-timers.ts";

/** What has to run somehow where no systemd does it. */
export const EDGE_COMMANDS = "mtproxy agent 1, mtproxy agent 2 and mtproxy daemon";

/** An agent answers some hundred milliseconds after its start. */
const PATIENCE_MS = 10_000;
const PAUSE_MS = 50;

/**
 * The agents and the daemon as services. Those that an older version of this product started are started anew, an agent only when the
 * other one answers. @returns a sentence; undefined where there is no systemd
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
  const units = [...agentNumbers.map(agentUnit), DAEMON_UNIT];
  for (const what of units) await noteEntry(ctx, { part: "edge", kind: "timer", what });
  if (ctx.machine.root === undefined) await runTool(ctx, ["systemctl", "daemon-reload"]);
  await runTool(ctx, systemctl(ctx, "enable", units));
  const isNew = files.some(({ content }, index) => before[index] !== undefined && before[index] !== content);
  if (ctx.machine.root === undefined) await renewServices(ctx, isNew);
  return `services: ${units.join(", ")}`;
}

/** @param isNew their units are not what they were */
async function renewServices(ctx: HostContext, isNew: boolean): Promise<void> {
  let isRenewed = false;
  for (const number of agentNumbers) {
    const report = await readAgentReport(ctx, number);
    if (!isNew && (report === undefined || report.version === ctx.agents.version)) continue;
    await runTool(ctx, ["systemctl", "restart", agentUnit(number)]);
    await untilAnswering(ctx, number);
    isRenewed = true;
  }
  if (isRenewed) await runTool(ctx, ["systemctl", "restart", DAEMON_UNIT]);
}

/** @throws AppError engine: the other agent is left as it is */
async function untilAnswering(ctx: HostContext, number: AgentNumber): Promise<void> {
  const deadline = ctx.clock.now().getTime() + PATIENCE_MS;
  while ((await ctx.agents.greet(number)) !== "answers") {
    if (ctx.clock.now().getTime() > deadline)
      throw new AppError("engine", `agent ${number} was started anew and does not answer`, {
        hint: `journalctl -u ${agentUnit(number)} shows why`,
      });
    await ctx.clock.sleep(PAUSE_MS);
  }
}
