import type { Family, Sample } from "./family.ts";

/**
 * What counters told last. One that is not told any more stays as it was: a sum over series would fall when one of them vanished, and
 * `increase` over such a sum would count all of it once more. A figure that falls is told as it is: it began anew (somebody else has the
 * name, a proxy was made again), which Prometheus takes a fall for. What both counted together would fall when the daemon is started
 * again, and be counted twice.
 */
export class Counters {
  readonly #families = new Map<string, Map<string, Sample>>();

  /** The family with every counter that it ever had; a gauge as it is. */
  keep(family: Family): Family {
    if (family.type === "gauge") return family;
    const known = this.#families.get(family.name) ?? new Map<string, Sample>();
    this.#families.set(family.name, known);
    for (const sample of family.samples) known.set(JSON.stringify(sample.labels), sample);
    return { ...family, samples: [...known.values()] };
  }
}
