import { setTimeout as sleep } from "node:timers/promises";
import { wordsOf } from "../../domain/errors.ts";

/** A timer may come a moment before the clock that people read. */
const PAST_MS = 20;

/** Does things again and again until `signal` aborts. Trouble is told when it begins and when it ends; everything else goes on. */
export class Repeater {
  readonly #signal: AbortSignal;
  readonly #log: (line: string) => void;

  constructor(signal: AbortSignal, log: (line: string) => void) {
    this.#signal = signal;
    this.#log = log;
  }

  /** With so much time between the end of one and the beginning of the next. */
  readonly every = (milliseconds: number, what: string, work: () => Promise<void>): Promise<void> =>
    this.#repeat(what, work, () => milliseconds);

  /** At once, and then whenever the clock is at a multiple: each one has a stretch of time of its own. */
  readonly everyFull = (milliseconds: number, what: string, work: () => Promise<void>): Promise<void> =>
    this.#repeat(what, work, () => milliseconds - (Date.now() % milliseconds) + PAST_MS);

  async #repeat(what: string, work: () => Promise<void>, pause: () => number): Promise<void> {
    let trouble: string | undefined;
    while (!this.#signal.aborted) {
      const fault = await work().then(() => undefined, wordsOf);
      if (fault !== undefined && fault !== trouble) this.#log(`${what}: ${fault}`);
      if (fault === undefined && trouble !== undefined) this.#log(`${what}: works again`);
      trouble = fault;
      await this.#pause(pause());
    }
  }

  /** Ends at once with the signal. */
  async #pause(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal: this.#signal }).catch(() => {});
  }
}
