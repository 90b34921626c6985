import { connect, isIP, type Socket } from "node:net";
import { ByteQueue } from "../protocol/byte-queue.ts";

/** A peer that sends more than this to a probe is not what we look for. */
const MAX_RECEIVED = 1 << 20;

/** Time for one of several addresses of a name before the next is tried; Node's own 250 ms is less than a far round trip. */
const ADDRESS_TIMEOUT_MS = 2000;

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What a link is tried against. */
export interface ProbeTarget {
  readonly address: Address;
  /** Telegram's id of the datacenter that is asked for. */
  readonly datacenter: number;
  /** For one attempt. */
  readonly timeoutMs: number;
}

/** A connection could not be made: Node's error code, `ETIMEDOUT` when time ran out, `EAI_AGAIN` when it ran out in DNS. */
export class NotConnected extends Error {
  readonly code: string;

  constructor(code: string) {
    super(`no connection: ${code}`);
    this.code = code;
  }
}

/**
 * One TCP connection of a probe, read step by step. Every wait has an end: `until` is in milliseconds of `performance.now()`.
 * Whoever opens one closes it in a `finally`.
 */
export class ProbeSocket {
  readonly #socket: Socket;
  readonly #queue = new ByteQueue();
  #received = 0;
  #ended = false;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk) => this.#take(chunk));
    socket.on("end", () => this.#end());
    socket.on("error", () => this.#end());
    socket.on("close", () => this.#end());
  }

  /** @throws NotConnected */
  static async open(address: Address, until: number, signal?: AbortSignal): Promise<ProbeSocket> {
    const options = { ...address, autoSelectFamilyAttemptTimeout: ADDRESS_TIMEOUT_MS };
    const socket = connect(signal === undefined ? options : { ...options, signal });
    const probe = new ProbeSocket(socket);
    try {
      await connected(socket, address.host, until);
      return probe;
    } catch (error) {
      probe.close();
      throw error;
    }
  }

  /** Sending to a closed connection is no error: the next `receive` says that it is closed. */
  send(...parts: readonly Uint8Array[]): void {
    if (!this.#ended) this.#socket.write(Buffer.concat(parts));
  }

  /**
   * Hands everything that arrives to `read` until it returns a result. Bytes that came before a close are read first.
   * What `read` throws goes to the caller.
   */
  async receive<T>(read: (chunk: Uint8Array) => T | undefined, until: number): Promise<T | "closed" | "silent"> {
    for (;;) {
      if (this.#queue.length > 0) {
        const result = read(this.#queue.take());
        if (result !== undefined) return result;
      }
      if (this.#ended) return "closed";
      if (!(await this.#news(until))) return "silent";
    }
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: Uint8Array): void {
    this.#received += chunk.length;
    if (this.#received > MAX_RECEIVED) this.#socket.destroy();
    else this.#queue.push(chunk);
    this.#wake();
  }

  #end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** Waits for bytes or the end of the connection; false when time runs out first. */
  #news(until: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => settle(false), Math.max(0, until - performance.now()));
      const settle = (arrived: boolean): void => {
        clearTimeout(timer);
        this.#wake = () => {};
        resolve(arrived);
      };
      this.#wake = () => settle(true);
    });
  }
}

function connected(socket: Socket, host: string, until: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let found = isIP(host) !== 0;
    const fail = (code: string): void => reject(new NotConnected(code));
    const late = setTimeout(() => fail(found ? "ETIMEDOUT" : "EAI_AGAIN"), Math.max(0, until - performance.now()));
    socket.once("lookup", (error: Error | null) => {
      found = error === null || error === undefined;
    });
    socket.once("error", ({ code = "EIO" }: NodeJS.ErrnoException) => {
      // Someone took the connection and dropped it before we noticed: connected, and closed.
      if (code === "ECONNRESET") resolve();
      else fail(code);
    });
    socket.once("connect", resolve);
    socket.once("close", () => clearTimeout(late));
  });
}

/**
 * Opens a connection for `work` and closes it whatever happens. A connection that cannot be made is a result, not an error.
 * `signal` closes it at any time, even before it is made.
 */
export async function withProbeSocket<T>(
  address: Address,
  until: number,
  work: (socket: ProbeSocket) => Promise<T>,
  signal?: AbortSignal,
): Promise<T | NotConnected> {
  let socket: ProbeSocket | undefined;
  try {
    socket = await ProbeSocket.open(address, until, signal);
    return await work(socket);
  } catch (error) {
    if (error instanceof NotConnected) return error;
    throw error;
  } finally {
    socket?.close();
  }
}
