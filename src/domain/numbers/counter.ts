import { entryOf } from "../entry-of.ts";

/** Figures that a process counts from nothing; they never shrink while it lives. */
export type Counts = Readonly<Record<string, number>>;

/** What a process says that it has counted since it started. */
export interface Reading {
  /** Who counts, whichever process it is at the moment: `shard 1 a`. */
  readonly source: string;
  /** Another one with each process: when it started, or the engine's id of it and when it started. */
  readonly start: string;
  /** Those that it tells; a figure may be missing for once. */
  readonly counts: Counts;
}

/** The last reading of each source: from there the next one counts on. */
export type Marks = Readonly<Record<string, Omit<Reading, "source">>>;

/**
 * What was counted since the mark. All of it where the process is another one than then, and where figures are smaller than before:
 * two processes may have started within one second.
 */
export function newSince(mark: Marks[string] | undefined, reading: Omit<Reading, "source">): Counts {
  if (mark === undefined || isAnother(mark, reading)) return reading.counts;
  const entries = Object.entries(reading.counts);
  return Object.fromEntries(entries.map(([name, count]) => [name, count - (mark.counts[name] ?? 0)]));
}

/** With these as the last readings. Sources that said nothing keep theirs: they may go on where they were. */
export function withReadings(marks: Marks, readings: readonly Reading[]): Marks {
  const next = readings.map(({ source, ...reading }): [string, Marks[string]] => {
    const mark = marks[source];
    const former = mark === undefined || isAnother(mark, reading) ? {} : mark.counts;
    return [source, { start: reading.start, counts: { ...former, ...reading.counts } }];
  });
  return { ...marks, ...Object.fromEntries(next) };
}

function isAnother(mark: Omit<Reading, "source">, { start, counts }: Omit<Reading, "source">): boolean {
  return start !== mark.start || Object.entries(counts).some(([name, count]) => count < (mark.counts[name] ?? 0));
}

/** Name by name. */
export function summed(a: Counts, b: Counts): Counts {
  const entries = Object.entries(b).map(([name, count]) => [name, (entryOf(a, name) ?? 0) + count]);
  return { ...a, ...Object.fromEntries(entries) };
}
