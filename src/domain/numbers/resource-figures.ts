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

/** @param elapsed seconds since the marks were made; null where that is not known, and so no share of time either */
export function countResources(
  marks: Marks,
  totals: Counts,
  processes: readonly ResourceUse[] | undefined,
  elapsed: number | null,
): CountedResources {
  if (processes === undefined) return { figures: null, marks, totals };
  const readings = processes.map(readingOf);
  const news = readings
    .map((reading) => newSince(marks[reading.source], reading))
    .reduce(summed, { cpuSeconds: 0 } as Counts);
  const { cpuSeconds = 0, ...network } = news;
  const sum = summed(totals, network);
  const isCounted = processes.some(({ rxBytes }) => rxBytes !== undefined);
  const others = Object.entries(marks).filter(([source]) => !source.startsWith(SOURCE));
  return {
    totals: sum,
    marks: { ...Object.fromEntries(others), ...withReadings({}, readings) },
    figures: {
      cpuPercent: elapsed === null ? null : Math.round((cpuSeconds / elapsed) * 1000) / 10,
      memoryBytes: processes.reduce((all, { memoryBytes }) => all + memoryBytes, 0),
      networkRxBytes: isCounted ? (sum.rxBytes ?? 0) : null,
      networkTxBytes: isCounted ? (sum.txBytes ?? 0) : null,
    },
  };
}

function readingOf({ name, start, cpuSeconds, rxBytes, txBytes }: ResourceUse): Reading {
  const network = rxBytes === undefined || txBytes === undefined ? {} : { rxBytes, txBytes };
  return { source: `${SOURCE}${name}`, start, counts: { cpuSeconds, ...network } };
}
