import type { Search } from "./key-search.ts";
import type { FirstBytes, Fitting } from "./tried-keys.ts";

/**
 * Few strangers are looked for at once, and nothing on the machine makes them wait longer than it makes everybody; what is more than
 * that is left to a search that gives way to all others.
 */
export class EagerSearch implements Search {
  readonly #atOnce: Search;
  readonly #crowd: Search;

  /** `atOnce` says `busy` early; both together have to be done before HAProxy gives the answer up. */
  constructor(atOnce: Search, crowd: Search) {
    this.#atOnce = atOnce;
    this.#crowd = crowd;
  }

  replace(...keys: Parameters<Search["replace"]>): void {
    this.#atOnce.replace(...keys);
    this.#crowd.replace(...keys);
  }

  async find(address: string, first: FirstBytes): Promise<Fitting | "busy" | undefined> {
    const found = await this.#atOnce.find(address, first);
    return found === "busy" ? this.#crowd.find(address, first) : found;
  }
}
