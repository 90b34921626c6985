import { join } from "node:path";
import type { Context } from "../../context.ts";
import { AGENT_KEY_FILE, type AgentNumber, type AgentReport } from "../../domain/agent.ts";

/** Undefined when there is none, or what is there is none. */
export async function readAgentReport(ctx: Context, number: AgentNumber): Promise<AgentReport | undefined> {
  const report = await readObject(ctx, `agent${number}.json`);
  const { version, keys } = report ?? {};
  return typeof version === "string" && typeof keys === "number" ? (report as unknown as AgentReport) : undefined;
}

/** Of the key file that agents are to work with. */
export async function renderedGeneration(ctx: Context): Promise<string | undefined> {
  const generation = (await readObject(ctx, AGENT_KEY_FILE))?.generation;
  return typeof generation === "string" ? generation : undefined;
}

async function readObject(ctx: Context, leaf: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  const text = await ctx.files.readText(join(ctx.paths.agents, leaf));
  try {
    const value: unknown = JSON.parse(text ?? "null");
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
