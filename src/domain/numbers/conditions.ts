import type { PassingRefusals } from "../refusals.ts";
import type { ShardSight, Sight } from "./sight.ts";

/** `doubt`: it runs and did not answer once, which a busy machine does. */
export type ShardCondition = "up" | "doubt" | "silent" | "stopped";

/** How things were at a look; what is absent was not known. */
export interface Conditions {
  /** By number. */
  readonly shards?: Readonly<Record<string, ShardCondition>>;
  /** When each process started, Unix seconds; by shard and side: `1 a`. */
  readonly starts?: Readonly<Record<string, number>>;
  readonly refused?: PassingRefusals;
  readonly haproxy?: "running" | "gone";
  /** Process id of HAProxy's worker that takes new connections. */
  readonly worker?: number;
  /** Marks of all workers that live. */
  readonly workers?: readonly string[];
  readonly agents?: number;
}

/** What could not be seen stays as it was. */
export function conditionsAt(before: Conditions, { shards, people, edge }: Sight): Conditions {
  const workers = people.traffic.from === "ledger" ? people.traffic.workers : [];
  return {
    ...before,
    refused: people.refusals,
    ...(shards === undefined ? {} : { shards: shardConditions(before, shards), starts: startsOf(before, shards) }),
    ...(edge?.running === undefined ? {} : { haproxy: edge.running ? ("running" as const) : ("gone" as const) }),
    ...(edge === null || edge.worker === null ? {} : { worker: edge.worker }),
    ...(workers.length === 0 ? {} : { workers }),
    ...(edge === null ? {} : { agents: edge.agents }),
  };
}

function shardConditions(before: Conditions, shards: readonly ShardSight[]): Record<string, ShardCondition> {
  return Object.fromEntries(shards.map((shard) => [String(shard.id), conditionOf(shard, before.shards?.[shard.id])]));
}

function conditionOf({ instances }: ShardSight, before: ShardCondition | undefined): ShardCondition {
  if (!instances.some(({ running }) => running)) return "stopped";
  if (instances.some(({ stats }) => stats !== undefined)) return "up";
  return before === "doubt" || before === "silent" ? "silent" : "doubt";
}

function startsOf(before: Conditions, shards: readonly ShardSight[]): Record<string, number> {
  const places = shards.flatMap(({ id, instances }) =>
    instances.map(({ side, stats }) => ({ place: `${id} ${side}`, start: stats?.startTime })),
  );
  return Object.fromEntries(
    places.flatMap(({ place, start = before.starts?.[place] }): [string, number][] =>
      start === undefined ? [] : [[place, start]],
    ),
  );
}
