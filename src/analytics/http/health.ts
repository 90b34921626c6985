import { wordsOf } from "../../domain/errors.ts";
import type { EdgeFigures, ShardFigures, Snapshot } from "../../domain/numbers/snapshot.ts";
import type { NumbersSource } from "../../domain/numbers/source.ts";
import type { HealthAnswer } from "./answers.ts";

/** Looks come every ten seconds: later than this the collector is stuck. */
const STALE_SECONDS = 35;

export interface Health {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

export async function healthAnswer(
  source: NumbersSource,
  served: Pick<HealthAnswer, "version" | "since">,
  now: Date,
): Promise<HealthAnswer> {
  const snapshot = source.latest();
  const { problems, warnings } = healthOf(snapshot, now);
  const trouble = await historyTrouble(source);
  return {
    ok: problems.length === 0,
    problems,
    warnings: [...warnings, ...trouble],
    ...served,
    lookedAt: snapshot?.at ?? null,
    ageSeconds: snapshot === undefined ? null : ageSeconds(snapshot, now),
  };
}

/** Whether it can be read shows when it is. */
async function historyTrouble(source: NumbersSource): Promise<string[]> {
  try {
    await (await source.history()).events(1);
    return [];
  } catch (error) {
    return [`there is no history: ${wordsOf(error)}`];
  }
}

/** What of a look keeps people out, or makes figures stale. */
export function healthOf(snapshot: Snapshot | undefined, now: Date): Health {
  if (snapshot === undefined) return { problems: ["the collector has not looked yet"], warnings: [] };
  const age = ageSeconds(snapshot, now);
  const stale = age > STALE_SECONDS ? [`the collector looked ${age} seconds ago, which should be 10 at most`] : [];
  const down = [...proxyProblems(snapshot), ...edgeProblems(snapshot.edge)];
  return { problems: [...stale, ...down], warnings: edgeWarnings(snapshot.edge) };
}

function ageSeconds({ at }: Snapshot, now: Date): number {
  return Math.max(0, Math.round((now.getTime() - Date.parse(at)) / 1000));
}

function proxyProblems({ proxy, shards }: Snapshot): string[] {
  if (proxy.running === null) return ["nobody knows whether the proxy runs: the engine does not answer"];
  return proxy.running ? shards.flatMap(shardProblems) : ["the proxy does not run"];
}

function shardProblems({ name, running, readyTargets }: ShardFigures): string[] {
  if (!running) return [`${name} does not run`];
  if (readyTargets === null) return [`${name} does not answer`];
  return readyTargets > 0 ? [] : [`${name} has no connection to Telegram`];
}

/** It is everybody's way in. */
function edgeProblems(edge: EdgeFigures | null): string[] {
  if (edge === null) return [];
  if (edge.running === false) return ["HAProxy does not run: nobody gets in"];
  return edge.connections === null && edge.uptimeSeconds === null ? ["HAProxy does not answer"] : [];
}

function edgeWarnings(edge: EdgeFigures | null): string[] {
  if (edge === null || edge.agents === 2) return [];
  return [
    edge.agents === 0 ? "no agent answers: nobody is identified, counted or limited" : "one of two agents is away",
  ];
}
