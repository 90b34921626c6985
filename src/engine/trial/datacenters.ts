import { type Endpoint, formatEndpoint, parseEndpoint } from "./endpoint.ts";

/**
 * Telegram's datacenters, production under their number and test under number + 10000, as they stand in Telegram Desktop
 * (telegramdesktop/tdesktop, Telegram/SourceFiles/mtproto/mtproto_dc_options.cpp: kBuiltInDcs and kBuiltInDcsTest); 203 is the
 * CDN datacenter, as 9seconds/mtg has it (mtglib/internal/dc/init.go).
 */
const telegramDatacenters: Readonly<Record<string, string>> = {
  1: "149.154.175.50:443",
  2: "149.154.167.51:443",
  3: "149.154.175.100:443",
  4: "149.154.167.91:443",
  5: "149.154.171.5:443",
  203: "91.105.192.100:443",
  10001: "149.154.175.10:443",
  10002: "149.154.167.40:443",
  10003: "149.154.175.117:443",
};

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
