interface ReplayCacheOptions {
  /** How long a value is remembered, milliseconds: at least as long as the same hello would be accepted by its time. */
  readonly keepMs: number;
  /** Values that are remembered at most; beyond, the oldest is forgotten. */
  readonly capacity: number;
  /** Milliseconds on any clock that does not jump back. */
  readonly now?: () => number;
}

/**
 * Remembers the client randoms of accepted hellos. Only who has a key gets a value in here, so strangers cannot push others' out.
 * Sixteen of the 32 bytes tell randoms apart.
 */
export class ReplayCache {
  readonly #keepMs: number;
  readonly #capacity: number;
  readonly #now: () => number;
  /** In the order of arrival, so that what is too old stands first. */
  readonly #seen = new Map<string, number>();

  constructor({ keepMs, capacity, now = () => performance.now() }: ReplayCacheOptions) {
    this.#keepMs = keepMs;
    this.#capacity = capacity;
    this.#now = now;
  }

  get size(): number {
    return this.#seen.size;
  }

  /** Remembers a random. False when it was here before. */
  admit(random: Uint8Array): boolean {
    const oldestKept = this.#now() - this.#keepMs;
    this.#forgetWhile((since) => since <= oldestKept);
    const name = Buffer.from(random.subarray(0, 16)).toString("latin1");
    if (this.#seen.has(name)) return false;
    this.#forgetWhile(() => this.#seen.size >= this.#capacity);
    this.#seen.set(name, this.#now());
    return true;
  }

  /** From the oldest on. */
  #forgetWhile(isTooMuch: (since: number) => boolean): void {
    for (const [name, since] of this.#seen) {
      if (!isTooMuch(since)) return;
      this.#seen.delete(name);
    }
  }
}
