import type { ResourceUse } from "../resource-use.ts";
import { type Counts, type Marks, newSince, type Reading, summed, withReadings } from "./counter.ts";
import type { ResourceFigures } from "./snapshot.ts";

export interface CountedResources {
  readonly figures: ResourceFigures | null;
  readonly marks: Marks;
  /** Of the network, over restarts. */
  readonly totals: Counts;
}

const SOURCE = "process ";

/** @param elapsed seconds since the look before; null where that is not known, and so no share of time either */
export function countResources(
  marks: Marks,
  totals: Counts,
  processes: readonly ResourceUse[] | undefined,
  elapsed: number | null,
): CountedResources {
  if (processes === undefined) return { figures: null, marks: withoutTimes(marks), totals };
  const readings = processes.map(readingOf);
  const news = readings
    .map((reading) => newSince(marks[reading.source], reading))
    .reduce(summed, { cpuSeconds: 0 } as Counts);
  const { cpuSeconds = 0, ...network } = news;
  const sum = summed(totals, network);
  const isCounted = processes.some(({ rxBytes }) => rxBytes !== undefined);
  return {
    totals: sum,
    // Of what is away for one look too: a container that was paused goes on where it was.
    marks: withReadings(marks, readings),
    figures: {
      cpuPercent:
        elapsed === null || !hasTimes(marks, readings) ? null : Math.round((cpuSeconds / elapsed) * 1000) / 10,
      memoryBytes: processes.reduce((all, { memoryBytes }) => all + memoryBytes, 0),
      networkRxBytes: isCounted ? (sum.rxBytes ?? 0) : null,
      networkTxBytes: isCounted ? (sum.txBytes ?? 0) : null,
    },
  };
}

/** Whether somebody saw at the look before what these had used by then: otherwise nobody knows in how much time they did. */
function hasTimes(marks: Marks, readings: readonly Reading[]): boolean {
  const known = readings.flatMap(({ source }) => marks[source] ?? []);
  const isFirst = readings.length > 0 && known.length === 0;
  return !isFirst && known.every(({ counts }) => counts.cpuSeconds !== undefined);
}

function withoutTimes(marks: Marks): Marks {
  return Object.fromEntries(
    Object.entries(marks).map(([source, mark]) => {
      const { cpuSeconds: _, ...counts } = mark.counts;
      return [source, { ...mark, counts }];
    }),
  );
}

function readingOf({ name, start, cpuSeconds, rxBytes, txBytes }: ResourceUse): Reading {
  const network = rxBytes === undefined || txBytes === undefined ? {} : { rxBytes, txBytes };
  return { source: `${SOURCE}${name}`, start, counts: { cpuSeconds, ...network } };
}
