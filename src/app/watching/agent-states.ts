import type { Context } from "../../context.ts";
import { type AgentCondition, type AgentNumber, agentNumbers } from "../../domain/agent.ts";
import { readAgentReport, renderedGeneration } from "../routing/agent-report.ts";

/** How an agent is, and what it works with. */
export interface AgentState {
  readonly agent: AgentNumber;
  readonly condition: AgentCondition;
  /** Of this product; null when it never said. */
  readonly version: string | null;
  /** It is not the version that this command is. */
  readonly outdated: boolean;
  readonly keys: number | null;
  /** It works with the keys that are rendered; null when one of the two is not known. */
  readonly current: boolean | null;
  /** Why it could not take the latest keys. */
  readonly fault: string | null;
}

export function agentStates(ctx: Context): Promise<AgentState[]> {
  return Promise.all(agentNumbers.map((number) => agentState(ctx, number)));
}

async function agentState(ctx: Context, number: AgentNumber): Promise<AgentState> {
  const [condition, report, rendered] = await Promise.all([
    ctx.agents.greet(number),
    readAgentReport(ctx, number),
    renderedGeneration(ctx),
  ]);
  const known = condition === "gone" ? undefined : report;
  return {
    agent: number,
    condition,
    version: known?.version ?? null,
    outdated: known !== undefined && known.version !== ctx.agents.version,
    keys: known?.keys ?? null,
    current: known?.generation === undefined || rendered === undefined ? null : known.generation === rendered,
    fault: report?.fault ?? null,
  };
}

/** What an admin should know of it, and what helps; undefined when it is well. */
export function agentTrouble(state: AgentState): { readonly words: string; readonly remedy: string } | undefined {
  const words = troubleWords(state);
  if (words === undefined) return undefined;
  const verb = state.condition === "gone" ? "start" : "restart";
  const unit = `familytraffic-mtproxy-agent@${state.agent}`;
  return {
    words: `agent ${state.agent} ${words}`,
    remedy: `systemctl ${verb} ${unit}, or run mtproxy agent ${state.agent}`,
  };
}

function troubleWords({ condition, fault, current, outdated, version }: AgentState): string | undefined {
  const why = fault === null ? "" : `: ${fault}`;
  if (condition === "gone") return `does not run${why}`;
  if (condition === "silent") return "runs and does not answer";
  if (current === false) return `works with keys that are not the latest${why}`;
  return outdated ? `is version ${version}, which is not the one that is installed` : undefined;
}

/** HAProxy has nobody to ask: what is known only to the edge (limits, keys that were taken away) counts for nothing. */
export function allAgentsAway(states: readonly AgentState[]): boolean {
  return states.every(({ condition }) => condition !== "answers");
}

export const AGENTS_AWAY =
  "no agent answers: HAProxy lets the proxies ask for the key, without limits, and whose key was taken away may get in";
