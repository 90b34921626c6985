import { setTimeout as sleep } from "node:timers/promises";

/** Asks each thing once at a time: what takes too long is not known for now, and is waited for on and on instead of being asked again. */
export class Patience {
  readonly #milliseconds: number;
  readonly #pending = new Map<string, Promise<unknown>>();

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
  }

  /** Undefined when there is no answer in time. */
  async ask<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
    const pending = (this.#pending.get(what) as Promise<T> | undefined) ?? this.#begin(what, work);
    const late = new AbortController();
    try {
      return await Promise.race([pending, sleep(this.#milliseconds, undefined, { ref: false, signal: late.signal })]);
    } finally {
      late.abort();
    }
  }

  #begin<T>(what: string, work: () => Promise<T>): Promise<T> {
    const done = work().finally(() => this.#pending.delete(what));
    // Whoever asked may not wait for it any more.
    done.catch(() => {});
    this.#pending.set(what, done);
    return done;
  }
}
