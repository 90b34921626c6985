/** Milliseconds of work that may be done: `perSecond` flow in, up to `most` that were not used. May go below zero by one piece of work. */
export class TimeBudget {
  readonly #perSecond: number;
  readonly #most: number;
  #left: number;
  #at: number;

  /** `now`: milliseconds on a clock that does not jump. */
  constructor(perSecond: number, most: number, now: number) {
    this.#perSecond = perSecond;
    this.#most = most;
    this.#left = most;
    this.#at = now;
  }

  hasSome(now: number): boolean {
    this.#flow(now);
    return this.#left > 0;
  }

  /** All of it is there: nothing was used for a while. */
  isFull(now: number): boolean {
    this.#flow(now);
    return this.#left >= this.#most;
  }

  spend(milliseconds: number): void {
    this.#left -= milliseconds;
  }

  #flow(now: number): void {
    this.#left = Math.min(this.#most, this.#left + ((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
  }
}
