import type { HostContext } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { defaultHome } from "../../domain/home.ts";
import { daemonState } from "../daemon/daemon-state.ts";
import { type AgentState, agentStates, agentTrouble, allAgentsAway } from "../watching/agent-states.ts";
import { entriesOf } from "./host-context.ts";
import { readServices } from "./host-facts.ts";

/** How those are that run beside HAProxy. */
export interface Helpers {
  /** Agents that tell HAProxy who is connecting. */
  readonly agents: number;
  /** Commands that have to run, as services do, and do not. */
  readonly toRun: readonly string[];
  readonly warnings: readonly string[];
  /** Nobody is identified. */
  readonly failure?: AppError;
}

export async function readHelpers(ctx: HostContext): Promise<Helpers> {
  const [states, daemon] = await Promise.all([agentStates(ctx), daemonState(ctx)]);
  const away = states.filter(({ condition }) => condition !== "answers");
  const toRun = [
    ...away.map(({ agent }) => commandLine(ctx, `agent ${agent}`)),
    ...(daemon.condition === "gone" ? [commandLine(ctx, "daemon")] : []),
  ];
  const agents = states.length - away.length;
  if (allAgentsAway(states)) return { agents, toRun, warnings: [], failure: await nobodyKnown(ctx, toRun) };
  return { agents, toRun, warnings: [...warningsOf(states), ...(toRun.length === 0 ? [] : [haveRun(toRun)])] };
}

function commandLine({ paths }: HostContext, words: string): string {
  return paths.home === defaultHome ? `mtproxy ${words}` : `mtproxy --home ${paths.home} ${words}`;
}

function warningsOf(states: readonly AgentState[]): string[] {
  return states.flatMap((state) => agentTrouble(state)?.words ?? []);
}

function haveRun(toRun: readonly string[]): string {
  return `not everything runs beside HAProxy; have it run as root, and started again when it ends: ${toRun.join(" · ")}`;
}

async function nobodyKnown(ctx: HostContext, toRun: readonly string[]): Promise<AppError> {
  const message = "HAProxy routes and every link works, but nobody is identified, counted or limited: no agent runs";
  const { systemd } = await readServices(ctx);
  const isInstalled = (await entriesOf(ctx, "edge")).length > 0;
  if (systemd && isInstalled)
    return new AppError("unhealthy", message, { hint: "journalctl -u 'familytraffic-mtproxy-agent@*' shows why" });
  const how = systemd
    ? "sudo mtproxy enable-haproxy-routing makes them services of systemd"
    : "no systemd serves here; have these run as root, and started again when one ends";
  return new AppError("unhealthy", message, { hint: `${how}: ${toRun.join(" · ")}` });
}
