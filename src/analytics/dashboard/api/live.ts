import type { Condition } from "../figures/freshness.ts";
import { type Api, ApiError } from "./client.ts";
import { EventStreamParser, type ServerEvent } from "./event-stream.ts";
import type { Happened, Stats } from "./shapes.ts";

export interface Listener {
  onStats(stats: Stats): void;
  /** The stream is open: what happened meanwhile was not heard. */
  onOpen(): void;
  onHappened(event: Happened): void;
  /** @param why the server's own words, where it answers and gives no figures */
  onCondition(condition: Condition, why?: string): void;
  /** The token is not right any more; nothing follows. */
  onRefused(): void;
}

/** The API says something every 15 s at least; after this long without a word it is taken for gone. */
const SILENCE_MS = 35_000;
const WAITS_MS = [500, 1000, 2000, 4000, 8000];

/** The stream of events, opened again whenever it ends. */
export class Live {
  readonly #api: Api;
  readonly #listener: Listener;
  readonly #end = new AbortController();
  #failures = 0;
  /** Ends a wait before its time. */
  #wake: () => void = () => {};

  constructor(api: Api, listener: Listener) {
    this.#api = api;
    this.#listener = listener;
  }

  start(): void {
    window.addEventListener("online", () => this.#wake(), { signal: this.#end.signal });
    void this.#run();
  }

  close(): void {
    this.#end.abort();
    this.#wake();
  }

  async #run(): Promise<void> {
    while (!this.#end.signal.aborted) {
      const fault = await this.#follow().catch((error: unknown) => error);
      if (this.#end.signal.aborted) return;
      if (fault instanceof ApiError && fault.fault === "token") return this.#listener.onRefused();
      if (fault instanceof ApiError && fault.fault === "refused") this.#listener.onCondition("refused", fault.message);
      else this.#listener.onCondition("away");
      await this.#pause(WAITS_MS[Math.min(this.#failures, WAITS_MS.length - 1)] ?? 0);
      this.#failures += 1;
    }
  }

  /** Until the stream ends or falls silent. */
  async #follow(): Promise<void> {
    const once = new AbortController();
    const giveUp = () => once.abort();
    let silence = window.setTimeout(giveUp, SILENCE_MS);
    this.#end.signal.addEventListener("abort", giveUp, { signal: once.signal });
    try {
      const parser = new EventStreamParser();
      const stream = await this.#api.events(once.signal);
      this.#failures = 0;
      this.#listener.onCondition("live");
      this.#listener.onOpen();
      const text = stream.pipeThrough(new TextDecoderStream()).getReader();
      for (let next = await text.read(); !next.done; next = await text.read()) {
        window.clearTimeout(silence);
        silence = window.setTimeout(giveUp, SILENCE_MS);
        for (const event of parser.push(next.value)) this.#hear(event);
      }
    } finally {
      window.clearTimeout(silence);
      once.abort();
    }
  }

  /** A bug of ours is told as such, and not taken for a server that does not answer. */
  #hear({ name, data }: ServerEvent): void {
    try {
      if (name === "look") this.#listener.onStats(JSON.parse(data) as Stats);
      if (name === "happened") this.#listener.onHappened(JSON.parse(data) as Happened);
    } catch (error) {
      window.reportError(error);
    }
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((done) => {
      const timer = window.setTimeout(done, milliseconds);
      this.#wake = () => {
        window.clearTimeout(timer);
        done();
      };
    });
  }
}
