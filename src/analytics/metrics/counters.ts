import type { Family, Sample } from "./family.ts";

interface Counted {
  readonly labels: Sample["labels"];
  /** As it was told last. */
  readonly told: number;
  /** What Prometheus was shown, which never falls. */
  readonly shown: number;
}

/**
 * What counters showed so far. A figure that falls began anew (somebody else has the name, a proxy was made again): what it counts
 * from there comes on top. One that is not told any more stays as it was: a counter that vanished and came back would make
 * `increase` count all of it once more.
 */
export class Counters {
  readonly #families = new Map<string, Map<string, Counted>>();

  /** The family with every counter that it ever had; a gauge as it is. */
  keep(family: Family): Family {
    if (family.type === "gauge") return family;
    const known = this.#families.get(family.name) ?? new Map<string, Counted>();
    this.#families.set(family.name, known);
    for (const sample of family.samples) {
      const key = JSON.stringify(sample.labels);
      known.set(key, counted(known.get(key), sample));
    }
    return { ...family, samples: [...known.values()].map(({ labels, shown }) => ({ labels, value: shown })) };
  }
}

function counted(before: Counted | undefined, { labels, value }: Sample): Counted {
  if (before === undefined) return { labels, told: value, shown: value };
  const news = value >= before.told ? value - before.told : value;
  return { labels, told: value, shown: before.shown + news };
}
