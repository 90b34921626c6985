import { setTimeout as sleep } from "node:timers/promises";
import type { EdgeScene } from "./scene.ts";

/** Somebody connects every few milliseconds, says the first bytes and leaves when it is answered. */
export class Crowd {
  readonly #scene: EdgeScene;
  readonly #visits: Promise<string>[] = [];
  #isOver = false;
  readonly #coming: Promise<void>;

  constructor(scene: EdgeScene, bytes: () => Uint8Array, everyMs = 5) {
    this.#scene = scene;
    this.#coming = this.#come(bytes, everyMs);
  }

  async #come(bytes: () => Uint8Array, everyMs: number): Promise<void> {
    while (!this.#isOver) {
      this.#visits.push(this.#scene.whoAnswers(bytes()));
      await sleep(everyMs);
    }
  }

  /** How many came so far. */
  get count(): number {
    return this.#visits.length;
  }

  /** Until so many more came. */
  async more(count: number): Promise<void> {
    for (const until = this.count + count; this.count < until; ) await sleep(5);
  }

  /** Who answered to each, once all have gone. */
  async end(): Promise<string[]> {
    this.#isOver = true;
    await this.#coming;
    return Promise.all(this.#visits);
  }
}
