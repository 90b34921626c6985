import { Counter, Gauge, prometheusContentType, Registry } from "prom-client";
import type { Snapshot } from "../../domain/numbers/snapshot.ts";
import { Counters } from "./counters.ts";
import { daemonFamilies } from "./daemon-families.ts";
import type { Family } from "./family.ts";
import { edgeFamilies, hostFamilies, resourceFamilies } from "./machine-families.ts";
import { Members } from "./members.ts";
import { proxyFamilies, shardFamilies } from "./proxy-families.ts";
import { peopleFamilies, sharedFamilies, userFamilies } from "./user-families.ts";

export interface MetricsOptions {
  /** Of this product. */
  readonly version: string;
}

/** What `/metrics` answers. One a process: it remembers which series there are, so that none vanishes under whoever scrapes. */
export class Metrics {
  /** Of the answer. */
  readonly contentType = prometheusContentType;
  readonly #version: string;
  readonly #members = new Members();
  readonly #counters = new Counters();

  constructor({ version }: MetricsOptions) {
    this.#version = version;
  }

  /**
   * The text in Prometheus' format.
   * @param snapshot undefined before the first look
   * @param users how many people have series of their own (the setting `metrics_users`)
   */
  async text(snapshot: Snapshot | undefined, users: number): Promise<string> {
    const families = [...daemonFamilies(this.#version), ...(snapshot === undefined ? [] : this.#of(snapshot, users))];
    return written(families.map((family) => this.#counters.keep(family)));
  }

  #of(snapshot: Snapshot, most: number): Family[] {
    const members = this.#members.admit(snapshot.users, most);
    return [
      ...proxyFamilies(snapshot),
      ...shardFamilies(snapshot.shards),
      ...peopleFamilies(snapshot.users, snapshot.users.length - members.length),
      ...userFamilies(members),
      ...sharedFamilies(snapshot.shared ?? null),
      ...edgeFamilies(snapshot.edge),
      ...resourceFamilies(snapshot.resources),
      ...hostFamilies(snapshot.host),
    ];
  }
}

/** Families without a number are left out. */
function written(families: readonly Family[]): Promise<string> {
  const registry = new Registry();
  for (const family of families) if (family.samples.length > 0) register(family, registry);
  return registry.metrics();
}

function register({ name, help, type, samples }: Family, registry: Registry): void {
  const labelNames = Object.keys(samples[0]?.labels ?? {});
  const metric = { name, help, labelNames, registers: [registry] };
  if (type === "gauge") {
    const gauge = new Gauge(metric);
    for (const { labels, value } of samples) gauge.set(labels, value);
  } else {
    const counter = new Counter(metric);
    for (const { labels, value } of samples) counter.inc(labels, value);
  }
}
