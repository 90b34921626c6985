/**
 * Hands things on together: the first at once, and what comes within a pause after that in one go. A message from thread to thread costs as
 * much as trying many keys, whatever is in it.
 */
export class Gathered<T> {
  readonly #handOn: (things: readonly T[]) => void;
  readonly #pauseMs: number;
  #things: T[] = [];
  #isPausing = false;

  constructor(handOn: (things: readonly T[]) => void, pauseMs: number) {
    this.#handOn = handOn;
    this.#pauseMs = pauseMs;
  }

  add(thing: T): void {
    this.#things.push(thing);
    if (!this.#isPausing) this.handOn();
  }

  /** Without waiting for the end of a pause. */
  handOn(): void {
    if (this.#things.length === 0) return;
    const things = this.#things;
    this.#things = [];
    this.#handOn(things);
    if (!this.#isPausing) this.#pause();
  }

  #pause(): void {
    this.#isPausing = true;
    const end = (): void => {
      this.#isPausing = false;
      this.handOn();
    };
    setTimeout(end, this.#pauseMs).unref();
  }
}
