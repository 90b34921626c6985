import { telegramDatacenters } from "../../domain/telegram-datacenters.ts";
import { type Endpoint, formatEndpoint, parseEndpoint } from "./endpoint.ts";

const TEST_OFFSET = 10_000;

export interface Datacenter {
  readonly id: number;
  readonly endpoint: Endpoint;
}

/** Where to find each datacenter: a table from id to `host:port`, strict about both. */
export class Datacenters {
  readonly #endpoints: ReadonlyMap<number, Endpoint>;

  /** @throws AppError invalid for an id that is no number or an address that is no `host:port` */
  constructor(table: Readonly<Record<string, string>> = telegramDatacenters) {
    this.#endpoints = new Map(Object.entries(table).map(([id, address]) => [Number(id), parseEndpoint(address)]));
  }

  /**
   * The address for the id of an obfuscated2 header. A media datacenter (negative) is served where its own entry says, else by the
   * datacenter of the same number. Undefined for one that is not listed.
   */
  find(id: number): Endpoint | undefined {
    return this.#endpoints.get(id) ?? this.#endpoints.get(Math.abs(id));
  }

  /** The production datacenters, by address: those whose being there says that the proxy is of use. */
  get production(): ReadonlyMap<string, Datacenter> {
    const listed = [...this.#endpoints].filter(([id]) => id > 0 && id < TEST_OFFSET);
    return new Map(listed.map(([id, endpoint]) => [formatEndpoint(endpoint), { id, endpoint }]));
  }
}
