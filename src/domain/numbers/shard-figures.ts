import { type Counts, type Marks, newSince, type Reading, summed, withReadings } from "./counter.ts";
import type { Increment } from "./history.ts";
import type { InstanceSight, ShardSight } from "./sight.ts";
import type { ShardFigures } from "./snapshot.ts";

/** A shard's figures at a look, and what they are more than at the last one. */
export interface CountedShard {
  readonly figures: ShardFigures;
  readonly increment: Increment;
  readonly readings: readonly Reading[];
  /** Over restarts. */
  readonly totals: Counts;
}

/** @param totals what was counted before, over all of its processes */
export function countShard(marks: Marks, totals: Counts, shard: ShardSight): CountedShard {
  const { id, name, kind, port, instances } = shard;
  const readings = instances.flatMap((instance) => readingOf(id, instance));
  const news = readings
    .map((reading) => newSince(marks[reading.source], reading))
    .reduce(summed, { opened: 0 } as Counts);
  const sum = summed(totals, news);
  const [serving] = instances;
  const stats = serving?.stats;
  const activeConnections = total(instances, ({ activeClients }) => activeClients);
  const [bytesIn, bytesOut] = [news.bytesIn ?? 0, news.bytesOut ?? 0];
  return {
    readings,
    totals: sum,
    increment: {
      kind: "shard",
      name: String(id),
      opened: news.opened ?? 0,
      active: activeConnections,
      bytesIn,
      bytesOut,
    },
    figures: {
      ...{ id, name, kind, port, running: instances.some(({ running }) => running) },
      activeConnections,
      totalConnections: sum.opened ?? 0,
      openSockets: total(instances, ({ openSockets }) => openSockets),
      uptimeSeconds: stats?.uptime ?? null,
      readyTargets: stats?.readyTargets ?? null,
      declaredTargets: stats?.declaredTargets ?? null,
      bytesIn: countsBytes(instances) ? (sum.bytesIn ?? null) : null,
      bytesOut: countsBytes(instances) ? (sum.bytesOut ?? null) : null,
      memoryBytes: total(instances, ({ residentBytes }) => residentBytes),
    },
  };
}

/** With these as the last readings, and without those of shards that are gone. */
export function shardMarks(marks: Marks, shards: readonly CountedShard[]): Marks {
  const next = withReadings(
    marks,
    shards.flatMap(({ readings }) => readings),
  );
  const ids = new Set(shards.map(({ figures }) => String(figures.id)));
  return Object.fromEntries(
    Object.entries(next).filter(([source]) => {
      const [, id] = /^shard (\d+) /.exec(source) ?? [];
      return id === undefined || ids.has(id);
    }),
  );
}

function readingOf(id: number, { side, id: instance, stats }: InstanceSight): Reading[] {
  if (stats === undefined) return [];
  const { startTime, clientsSinceStart, bytesIn, bytesOut } = stats;
  const bytes = bytesIn === undefined || bytesOut === undefined ? {} : { bytesIn, bytesOut };
  const counts: Counts = { opened: clientsSinceStart, ...bytes };
  return [{ source: `shard ${id} ${side}`, start: `${instance} ${startTime}`, counts }];
}

/** With workers nobody counts bytes. */
function countsBytes(instances: readonly InstanceSight[]): boolean {
  return instances.every(({ stats }) => stats === undefined || stats.bytesIn !== undefined);
}

/** Over the instances that tell; null where none does. */
function total(
  instances: readonly InstanceSight[],
  figure: (stats: NonNullable<InstanceSight["stats"]>) => number | undefined,
): number | null {
  const known = instances.flatMap(({ stats }) => (stats === undefined ? [] : (figure(stats) ?? [])));
  return known.length === 0 ? null : known.reduce((a, b) => a + b, 0);
}
