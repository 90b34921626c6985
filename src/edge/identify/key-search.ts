import type { Key } from "../../domain/key.ts";
import { KnownAddresses } from "./known-addresses.ts";
import { ScanQueue } from "./scan-queue.ts";
import { type FirstBytes, type Fitting, TriedKeys, type TryKeys, trialOf } from "./tried-keys.ts";

/** Looks through all keys, for clients that nobody knows by their address. */
export interface Search {
  /** These from now on; a search that is under way ends with those that it began with. */
  replace(keys: readonly Key[]): void;
  /**
   * The key that fits, by its place among those of the moment of the call; `busy` when it was not looked for to the end.
   * @param address whatever names the client's address
   */
  find(address: string, first: FirstBytes): Promise<Fitting | "busy" | undefined>;
}

/** Searches in this thread, in slices. */
export class KeySearch implements Search {
  readonly #queue: ScanQueue;
  /** Others from the same address may be found while one waits: they need no search. */
  readonly #found = new KnownAddresses();
  #keys: readonly Key[] = [];
  #tried = new TriedKeys([]);

  constructor(queue: ScanQueue = new ScanQueue()) {
    this.#queue = queue;
  }

  replace(keys: readonly Key[]): void {
    this.#keys = keys;
    this.#tried = new TriedKeys(keys);
  }

  async find(address: string, first: FirstBytes): Promise<Fitting | "busy" | undefined> {
    const [keys, tried] = [this.#keys, this.#tried];
    const tryKeys = trialOf(first);
    const found = await this.#queue.search(
      address,
      tried.length,
      (from, to) => tryKeys(tried, from, to),
      () => tryKnown(this.#found.keysOf(address), tried, tryKeys),
    );
    const key = found === "busy" || found === undefined ? undefined : keys[found.index];
    if (key !== undefined) this.#found.remember(address, key);
    return found;
  }
}

/** The first of these keys that is there and fits. */
export function tryKnown(known: readonly Key[], tried: TriedKeys, tryKeys: TryKeys): Fitting | undefined {
  for (const key of known) {
    const index = tried.indexOf(key);
    const fitting = index === undefined ? undefined : tryKeys(tried, index, index + 1);
    if (fitting !== undefined) return fitting;
  }
  return undefined;
}
