import { Readable } from "node:stream";
import type { LookListener, NumbersSource } from "../../domain/numbers/source.ts";

const MOST_LISTENERS = 32;
/** Bytes that a listener may leave unread before it is let go: some looks with 500 people. */
const MOST_UNREAD = 2_000_000;
const HEARTBEAT_MS = 15_000;

/**
 * Server-sent events (WHATWG HTML §9.2) for whoever listens: "look" after each look, "happened" for what happened. A heartbeat shows
 * both sides that the other one is there.
 * @param lookText the data of a "look": JSON in one line
 */
export class EventStreams {
  readonly #listeners = new Set<Readable>();
  readonly #source: NumbersSource;
  readonly #lookText: () => string | undefined;
  readonly #stopLooking: () => void;
  readonly #heart: NodeJS.Timeout;

  constructor(source: NumbersSource, lookText: () => string | undefined) {
    this.#source = source;
    this.#lookText = lookText;
    this.#stopLooking = source.onLook((...look) => this.#tell(...look));
    this.#heart = setInterval(() => this.#send(":\n\n"), HEARTBEAT_MS).unref();
  }

  /** A new listener's stream, which begins with the last look; undefined when there are too many. */
  open(): Readable | undefined {
    if (this.#listeners.size >= MOST_LISTENERS) return undefined;
    const stream = new Readable({ read: () => {} });
    this.#listeners.add(stream);
    stream.once("close", () => this.#listeners.delete(stream));
    stream.push("retry: 3000\n\n");
    if (this.#source.latest() !== undefined) stream.push(this.#look());
    return stream;
  }

  /** Ends every stream as one that is complete: whoever reads knows that nobody was cut off. */
  close(): void {
    clearInterval(this.#heart);
    this.#stopLooking();
    for (const stream of this.#listeners) stream.push(null);
    this.#listeners.clear();
  }

  readonly #tell: LookListener = (_snapshot, events) => {
    if (this.#listeners.size === 0) return;
    const happened = events.map((event) => frame("happened", JSON.stringify(event)));
    this.#send([this.#look(), ...happened].join(""));
  };

  #look(): string {
    const text = this.#lookText();
    return text === undefined ? "" : frame("look", text);
  }

  #send(text: string): void {
    for (const stream of this.#listeners)
      if (stream.readableLength > MOST_UNREAD) stream.destroy();
      else stream.push(text);
  }
}

/** JSON has no line break in it. */
function frame(event: string, data: string): string {
  return `event: ${event}\ndata: ${data}\n\n`;
}
