/** One number, and whose it is. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Numbers of one meaning, as Prometheus knows them: a gauge goes up and down, a counter only up. */
export interface Family {
  readonly name: string;
  readonly type: "gauge" | "counter";
  /** What it is, in which unit, and where it comes from. */
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** What is not known is left out: Prometheus shows a gap then, and never a 0 that nobody counted. */
type Known = number | null | undefined;

/** One number of the whole proxy. */
export function gauge(name: string, help: string, value: Known): Family {
  return { name, type: "gauge", help, samples: samplesOf([[{}, value]]) };
}

/** One number of the whole proxy that only grows; its name ends in `_total`. */
export function counter(name: string, help: string, value: Known): Family {
  return { name, type: "counter", help, samples: samplesOf([[{}, value]]) };
}

/** Families that tell the same rows (shards, people…) apart by the same labels. */
export function familiesOf<T>(rows: readonly T[], labels: (row: T) => Sample["labels"]) {
  const samples = (value: (row: T) => Known) => samplesOf(rows.map((row) => [labels(row), value(row)]));
  return {
    gauge: (name: string, help: string, value: (row: T) => Known): Family => ({
      ...{ name, type: "gauge", help },
      samples: samples(value),
    }),
    counter: (name: string, help: string, value: (row: T) => Known): Family => ({
      ...{ name, type: "counter", help },
      samples: samples(value),
    }),
  };
}

function samplesOf(rows: readonly (readonly [Sample["labels"], Known])[]): Sample[] {
  return rows.flatMap(([labels, value]) => (typeof value === "number" ? [{ labels, value }] : []));
}
