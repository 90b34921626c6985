import type { CollectorState } from "./collector-state.ts";
import { conditionsAt } from "./conditions.ts";
import { type Counts, summed } from "./counter.ts";
import { happenings } from "./happenings.ts";
import { type HandedOver, type HistoryEvent, type Increment, resolutions, type SeriesKind } from "./history.ts";
import { type CountedPeople, countPeople } from "./people-figures.ts";
import { countResources } from "./resource-figures.ts";
import { type CountedShard, countShard, shardMarks } from "./shard-figures.ts";
import type { EdgeSight, Sight } from "./sight.ts";
import type { EdgeFigures, ProxyFigures, Snapshot } from "./snapshot.ts";

/** What a look comes to. */
export interface Tally {
  /** From where the next look counts on. */
  readonly state: CollectorState;
  readonly snapshot: Snapshot;
  /** Seconds before the look that were watched. */
  readonly seconds: number;
  /** The kinds that somebody counted all that time: at the look before, too. */
  readonly watched: readonly SeriesKind[];
  readonly increments: readonly Increment[];
  readonly handedOver: readonly HandedOver[];
  /** Unix milliseconds, of those who are there now. */
  readonly seen: Readonly<Record<string, number>>;
  readonly events: readonly HistoryEvent[];
}

/** A look that comes later than two looks after the one before leaves a gap. */
const LONGEST_WATCH = 2 * resolutions.raw;

/**
 * Makes figures of what was seen. Counters of processes count on over restarts; what is not known is null, and time in which nobody
 * looked is no time in which nothing happened. What processes have counted before the very first look is in the totals, not in the
 * history.
 */
export function tally(was: CollectorState, sight: Sight): Tally {
  const { at, elapsed, shards } = sight;
  const people = countPeople(was, sight.people, at);
  const counted = (shards ?? []).map((shard) => countShard(was.marks, was.totals[`shard ${shard.id}`] ?? {}, shard));
  const marks = shards === undefined ? people.state.marks : shardMarks(people.state.marks, counted);
  const resources = countResources(marks, was.totals.network ?? {}, sight.resources, watched(elapsed));
  const proxy = counted.map(({ increment }) => countsOf(increment)).reduce(summed, was.totals.proxy ?? {});
  const ofShards = shards === undefined ? was.totals : totalsOf(was, counted);
  const conditions = conditionsAt(was.conditions, sight);
  const counting = [
    ...(shards === undefined ? [] : (["all", "shard"] as const)),
    ...(people.isWatched ? ["user" as const] : []),
  ];
  const state: CollectorState = {
    ...was,
    ...people.state,
    at: at.getTime(),
    marks: resources.marks,
    totals: { ...ofShards, proxy, network: resources.totals },
    verdicts: summed(was.verdicts, sight.edge?.verdicts ?? {}),
    counting,
    conditions,
  };
  const snapshot: Snapshot = {
    at: at.toISOString(),
    routing: sight.routing,
    proxy: proxyFigures(shards === undefined ? undefined : counted, proxy),
    shards: counted.map(({ figures }) => figures),
    users: people.figures,
    shared: people.shared,
    usersNote: people.note,
    edge: edgeFigures(sight.edge, state.verdicts),
    resources: resources.figures,
    host: sight.host,
  };
  return {
    state,
    snapshot,
    seconds: watched(elapsed) ?? 0,
    watched: counting.filter((kind) => was.counting?.includes(kind) !== false),
    increments: allIncrements(counted, people, was.conditions.shards === undefined),
    handedOver: people.handedOver,
    seen: people.seen,
    events: happenings(was.conditions, conditions, at),
  };
}

function watched(elapsed: number | null): number | null {
  return elapsed !== null && elapsed > 0 && elapsed <= LONGEST_WATCH ? elapsed : null;
}

function totalsOf(was: CollectorState, counted: readonly CountedShard[]): Record<string, Counts> {
  const others = Object.entries(was.totals).filter(([name]) => !name.startsWith("shard "));
  const ours = counted.map(({ figures, totals }) => [`shard ${figures.id}`, totals] as const);
  return Object.fromEntries([...others, ...ours]);
}

/** @param counted undefined when the engine could not be asked */
function proxyFigures(counted: readonly CountedShard[] | undefined, totals: Counts): ProxyFigures {
  const figures = counted?.map((shard) => shard.figures) ?? [];
  const uptimes = figures.flatMap(({ uptimeSeconds }) => uptimeSeconds ?? []);
  return {
    running: counted === undefined ? null : figures.some(({ running }) => running),
    activeConnections: sumOf(figures.map(({ activeConnections }) => activeConnections)),
    totalConnections: totals.opened ?? 0,
    uptimeSeconds: uptimes.length === 0 ? null : Math.max(...uptimes),
  };
}

function edgeFigures(edge: EdgeSight | null, verdicts: Counts): EdgeFigures | null {
  if (edge === null) return null;
  const { running = null, connections, uptimeSeconds, oldWorkers, agents } = edge;
  return { running, connections, uptimeSeconds, oldWorkers, agents, verdicts };
}

/** Clients' bytes and connections where people are told apart; otherwise those of the shards, bytes towards Telegram too. */
function allIncrements(counted: readonly CountedShard[], people: CountedPeople, isFirst: boolean): Increment[] {
  const shards = counted.map(({ increment }) => (isFirst ? withoutPast(increment) : increment));
  const carriers = people.increments ?? shards;
  const all: Increment = {
    kind: "all",
    name: "",
    bytesIn: total(carriers, ({ bytesIn }) => bytesIn),
    bytesOut: total(carriers, ({ bytesOut }) => bytesOut),
    opened: total(carriers, ({ opened }) => opened),
    active: sumOf(shards.map(({ active }) => active)),
  };
  return [all, ...shards, ...(people.increments ?? [])];
}

/** A process may have counted for weeks before anybody looked: that belongs to none of the first ten seconds. */
function withoutPast(increment: Increment): Increment {
  return { ...increment, bytesIn: 0, bytesOut: 0, opened: 0 };
}

function countsOf({ bytesIn, bytesOut, opened }: Increment): Counts {
  return { bytesIn, bytesOut, opened };
}

function total(increments: readonly Increment[], figure: (increment: Increment) => number): number {
  return increments.reduce((all, increment) => all + figure(increment), 0);
}

/** Of those that are known; null where none is. */
function sumOf(figures: readonly (number | null)[]): number | null {
  const known = figures.filter((figure) => figure !== null);
  return known.length === 0 ? null : known.reduce((all, figure) => all + figure, 0);
}
