import { setImmediate } from "node:timers/promises";
import type { LiveKey } from "../../domain/deployment.ts";
import type { Key } from "../../domain/key.ts";

/** Keys that are tried between two looks at the clock: a millisecond or two of work. */
const SLICE = 128;
/** How long searches go on before other work gets its turn. */
const TURN_MS = 5;
const MAX_ADDRESSES = 4096;
const MAX_KEYS_OF_ADDRESS = 16;

/**
 * The live keys. A handshake does not say whose it is: every key is tried until one fits, those that were last used from the same
 * address first, so that a person who is back costs one trial however many users there are. One trial costs about 15 µs.
 */
export class KeyRing {
  #keys: ReadonlyMap<string, LiveKey> = new Map();
  /** Address → digits of the keys used from it, the latest first; the address used longest ago stands first. */
  readonly #known = new Map<string, readonly string[]>();
  /**
   * One search through all keys at a time: a crowd of strangers waits instead of slowing everybody's traffic. Who came last is
   * served first: while more come than can be searched for, those who waited long have given up already, and a client in between
   * gets in.
   */
  readonly #waiting: (() => void)[] = [];
  #isSearching = false;
  #turnSince = 0;

  constructor(keys: readonly LiveKey[] = []) {
    this.replace(keys);
  }

  get size(): number {
    return this.#keys.size;
  }

  get holders(): readonly string[] {
    return [...new Set([...this.#keys.values()].flatMap(({ holder }) => holder ?? []))];
  }

  /** The key with its holder while it is live. */
  get(key: Key): LiveKey | undefined {
    return this.#keys.get(key.reveal());
  }

  /** Other keys from now on. */
  replace(keys: readonly LiveKey[]): void {
    this.#keys = new Map(keys.map((live) => [live.key.reveal(), live]));
  }

  /**
   * Hands `match` the keys in portions until it finds the one that fits. Undefined when none does, when the key that did was taken
   * away meanwhile, or when nobody wants to know any more.
   */
  async find<T extends { readonly key: Key }>(
    address: string,
    match: (keys: readonly Key[]) => T | undefined,
    isWanted: () => boolean = () => true,
  ): Promise<T | undefined> {
    const found = match(this.#knownKeys(address)) ?? (await this.#inTurn(() => this.#search(match, isWanted)));
    return found === undefined ? undefined : this.#remember(address, found);
  }

  #knownKeys(address: string): readonly Key[] {
    return (this.#known.get(address) ?? []).flatMap((digits) => this.#keys.get(digits)?.key ?? []);
  }

  async #inTurn<T>(search: () => Promise<T>): Promise<T> {
    if (this.#isSearching) await new Promise<void>((go) => this.#waiting.push(go));
    this.#isSearching = true;
    try {
      return await search();
    } finally {
      const next = this.#waiting.pop();
      this.#isSearching = next !== undefined;
      next?.();
    }
  }

  async #search<T>(match: (keys: readonly Key[]) => T | undefined, isWanted: () => boolean): Promise<T | undefined> {
    const keys = [...this.#keys.values()].map(({ key }) => key);
    for (let at = 0; at < keys.length && isWanted(); at += SLICE) {
      const found = match(keys.slice(at, at + SLICE));
      if (found !== undefined) return found;
      await this.#giveWay();
    }
    return undefined;
  }

  async #giveWay(): Promise<void> {
    if (performance.now() - this.#turnSince < TURN_MS) return;
    await setImmediate();
    this.#turnSince = performance.now();
  }

  #remember<T extends { readonly key: Key }>(address: string, found: T): T | undefined {
    if (this.get(found.key) === undefined) return undefined;
    const digits = found.key.reveal();
    const others = (this.#known.get(address) ?? []).filter((other) => other !== digits);
    this.#known.delete(address);
    this.#known.set(address, [digits, ...others].slice(0, MAX_KEYS_OF_ADDRESS));
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_ADDRESSES && oldest !== undefined) this.#known.delete(oldest);
    return found;
  }
}
