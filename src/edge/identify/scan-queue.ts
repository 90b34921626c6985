import { setImmediate } from "node:timers/promises";
import { TimeBudget } from "./time-budget.ts";

/** Tries keys `from` to `to`: what it found, or undefined. */
export type TryKeys<T> = (from: number, to: number) => T | undefined;

/** Keys between two looks at the clock: some fifty microseconds of work for a header, two hundred for a hello. */
const SLICE = 64;
/** How long a search goes on before clients that are known get their turn: no more than HAProxy takes for one of them. */
const TURN_MS = 0.2;
const MAX_WAITING = 500;
const MAX_ADDRESSES = 10_000;

export interface ScanLimits {
  /** Milliseconds of searching in a second, for all strangers together and for those of one address. */
  readonly all: number;
  readonly address: number;
  /** Seconds for which either is saved up while nobody comes. */
  readonly saved: number;
  /**
   * Milliseconds until somebody is given up. HAProxy waits 700 ms for an answer, and then lets the stranger through to a shard: nobody may
   * wait that long.
   */
  readonly patience: number;
}

/** Half of a core for all, a tenth for one address: who pays more than that is sent to the cover site unlooked at. */
const DEFAULT_LIMITS: ScanLimits = { all: 500, address: 100, saved: 1, patience: 400 };

export interface ScanClock {
  /** Milliseconds, never backwards. */
  now(): number;
  /** Milliseconds that this process worked so far: what others on the machine take is no client's fault. */
  worked(): number;
  /** Lets everything else that waits run first. */
  giveWay(): Promise<unknown>;
}

export const realClock: ScanClock = {
  now: () => performance.now(),
  worked: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
  giveWay: () => setImmediate(),
};

/**
 * Searches through all keys, for clients that nobody knows by their address. One after the other in slices, so that a crowd of
 * strangers never delays a client that is known; the latest first, because who waited long is about to be given up. What is above a
 * budget is not searched: its answer is `busy`, and never an open door.
 */
export class ScanQueue {
  readonly #clock: ScanClock;
  readonly #limits: ScanLimits;
  readonly #all: TimeBudget;
  readonly #byAddress = new Map<string, TimeBudget>();
  readonly #waiting: ((isServed: boolean) => void)[] = [];
  #isSearching = false;

  constructor(clock: ScanClock = realClock, limits: Partial<ScanLimits> = {}) {
    this.#clock = clock;
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
    this.#all = this.#newBudget(this.#limits.all, clock.now());
  }

  /**
   * What `tryKeys` finds among `count` keys; `busy` when the search was not made, or not to its end.
   * @param tryKnown what needs no search: others from the same address may have been found while this one waited
   */
  async search<T>(
    address: string,
    count: number,
    tryKeys: TryKeys<T>,
    tryKnown: () => T | undefined = () => undefined,
  ): Promise<T | "busy" | undefined> {
    const since = this.#clock.now();
    const budget = this.#budgetOf(address, since);
    if (!budget.hasSome(since) || !this.#mayBegin(since) || !(await this.#turn())) return tryKnown() ?? "busy";
    try {
      if (!this.#mayBegin(since)) return tryKnown() ?? "busy";
      // Between two searches too, and before the first: clients that are known stand behind it, in the bytes that brought it.
      await this.#clock.giveWay();
      return tryKnown() ?? (await this.#search(count, tryKeys, since, budget));
    } finally {
      this.#passOn();
    }
  }

  async #search<T>(
    count: number,
    tryKeys: TryKeys<T>,
    since: number,
    own: TimeBudget,
  ): Promise<T | "busy" | undefined> {
    let [turnSince, worked] = [this.#clock.now(), this.#clock.worked()];
    for (let at = 0; at < count; at += SLICE) {
      if (this.#isOverdue(since)) return "busy";
      const found = tryKeys(at, Math.min(count, at + SLICE));
      const workedBefore = worked;
      worked = this.#clock.worked();
      this.#all.spend(worked - workedBefore);
      own.spend(worked - workedBefore);
      if (found !== undefined) return found;
      if (this.#clock.now() - turnSince < TURN_MS) continue;
      await this.#clock.giveWay();
      [turnSince, worked] = [this.#clock.now(), this.#clock.worked()];
    }
    return undefined;
  }

  /** Who may begin may come to the end: half a search is for nothing. What is above a budget is owed. */
  #mayBegin(since: number): boolean {
    return !this.#isOverdue(since) && this.#all.hasSome(this.#clock.now());
  }

  #isOverdue(since: number): boolean {
    return this.#clock.now() - since >= this.#limits.patience;
  }

  /** Waits until nobody else searches. False when there are so many that this one is given up. */
  async #turn(): Promise<boolean> {
    if (!this.#isSearching) {
      this.#isSearching = true;
      return true;
    }
    if (this.#waiting.length >= MAX_WAITING) this.#waiting.shift()?.(false);
    return new Promise((served) => this.#waiting.push(served));
  }

  #passOn(): void {
    const next = this.#waiting.pop();
    this.#isSearching = next !== undefined;
    next?.(true);
  }

  #budgetOf(address: string, now: number): TimeBudget {
    const known = this.#byAddress.get(address);
    if (known !== undefined) return known;
    if (this.#byAddress.size >= MAX_ADDRESSES) this.#forget(now);
    const budget = this.#newBudget(this.#limits.address, now);
    this.#byAddress.set(address, budget);
    return budget;
  }

  #newBudget(perSecond: number, now: number): TimeBudget {
    return new TimeBudget(perSecond, perSecond * this.#limits.saved, now);
  }

  /** A budget that is full again says nothing; when all are in use, the oldest goes. */
  #forget(now: number): void {
    for (const [address, budget] of this.#byAddress) if (budget.isFull(now)) this.#byAddress.delete(address);
    const [oldest] = this.#byAddress.keys();
    if (this.#byAddress.size >= MAX_ADDRESSES && oldest !== undefined) this.#byAddress.delete(oldest);
  }
}
