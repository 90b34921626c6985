import type { Socket } from "node:net";
import { ByteQueue } from "../../protocol/byte-queue.ts";

/** How waiting for bytes ended: they are here, the peer closed its side before, or the time was up. */
type Arrival = "here" | "ended" | "late";

/**
 * The beginning of a connection, read without losing a byte, so that it can still be handed whole to somebody else. The socket is
 * paused; whoever goes on with it starts with `take()`.
 */
export class FirstBytes {
  readonly #socket: Socket;
  readonly #bytes = new ByteQueue();
  #ended = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.once("end", () => {
      this.#ended = true;
    });
  }

  /** Everything that came so far; valid until the next wait. */
  get seen(): Uint8Array {
    return this.#bytes.view();
  }

  /** Whether the connection is still there. */
  get isWanted(): boolean {
    return !this.#socket.destroyed;
  }

  take(): Uint8Array {
    return this.#bytes.take();
  }

  /**
   * Waits until `count` bytes are here, at the longest until that time of `performance.now()`. A connection that breaks counts as
   * ended.
   */
  async reach(count: number, until: number): Promise<Arrival> {
    for (;;) {
      const chunk: Uint8Array | null = this.#socket.read();
      if (chunk !== null) this.#bytes.push(chunk);
      if (this.#bytes.length >= count) return "here";
      if (this.#ended || this.#socket.destroyed) return "ended";
      if (performance.now() >= until) return "late";
      if (chunk === null) await nextNews(this.#socket, until);
    }
  }
}

/** More data, the end, a failure or the deadline: whatever comes first. */
function nextNews(socket: Socket, until: number): Promise<void> {
  return new Promise((resolve) => {
    const news = ["readable", "end", "close"] as const;
    const done = (): void => {
      for (const name of news) socket.removeListener(name, done);
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(done, Math.ceil(until - performance.now()));
    for (const name of news) socket.once(name, done);
  });
}
