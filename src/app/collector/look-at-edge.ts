import type { Context } from "../../context.ts";
import { agentNumbers } from "../../domain/agent.ts";
import { accountOf } from "../../domain/ledger.ts";
import type { EdgeSight } from "../../domain/numbers/sight.ts";
import type { EdgeEngine } from "../../engine/edge-engine.ts";
import type { LivingWorker } from "../../haproxy.ts";
import { unlessFailed } from "./look-at-shards.ts";
import type { Patience } from "./patience.ts";

/** HAProxy and the agents, without what they say of people. */
export async function lookAtEdge(
  ctx: Context,
  edge: EdgeEngine,
  patience: Patience,
): Promise<Omit<EdgeSight, "verdicts">> {
  const [running, told, answers] = await Promise.all([
    patience.ask("HAProxy", () => unlessFailed(async () => (await edge.haproxy())?.running === true)),
    unlessFailed(() => askHaproxy(ctx)),
    Promise.all(agentNumbers.map((number) => ctx.agents.greet(number))),
  ]);
  const agents = answers.filter((condition) => condition === "answers").length;
  return { ...(told ?? SILENT), running, agents };
}

const SILENT = { connections: null, uptimeSeconds: null, oldWorkers: null, worker: null };

async function askHaproxy(ctx: Context) {
  const haproxy = await ctx.haproxy();
  const [{ connections, uptimeSeconds, pid }, { oldWorkers }] = [await haproxy.info(), await haproxy.processes()];
  return { connections, uptimeSeconds, oldWorkers: oldWorkers.length, worker: pid };
}

/** Of whoever is sent to an entry that is not there. */
const NOBODY = "nobody";

/** Connections by account, in all of HAProxy's workers. */
export function openByAccount(workers: readonly LivingWorker[]): Record<string, number> {
  const open = new Map<string, number>();
  for (const { name, open: count } of workers.flatMap(({ counts }) => counts))
    if (count > 0 && name !== NOBODY) open.set(accountOf(name), (open.get(accountOf(name)) ?? 0) + count);
  return Object.fromEntries(open);
}
