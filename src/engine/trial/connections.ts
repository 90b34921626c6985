import type { Socket } from "node:net";
import type { Key } from "../../domain/key.ts";

export interface Capacity {
  /** Connections of identified clients. */
  readonly clients: number;
  /** Connections of everybody else: not identified yet, silent, or strangers at the cover site. */
  readonly guests: number;
}

/**
 * The open connections. Whoever arrives is a guest until it shows a key or turns out to have none. Too many without a key push out
 * the oldest, those first who turned out to have none: who has a key shows it within moments, so that no crowd keeps it out.
 */
export class Connections {
  #capacity: Capacity;
  /** Not known yet, the oldest first. */
  readonly #guests = new Set<Socket>();
  /** Known to have no key, the oldest first. */
  readonly #strangers = new Set<Socket>();
  readonly #clients = new Map<Socket, Key>();

  constructor(capacity: Capacity) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#guests.size + this.#strangers.size + this.#clients.size;
  }

  use(capacity: Capacity): void {
    this.#capacity = capacity;
  }

  /** A new connection; the one that had to make room, if one had to. */
  welcome(socket: Socket): Socket | undefined {
    this.#guests.add(socket);
    socket.once("close", () => this.#forget(socket));
    const [oldest] = this.#strangers.size > 0 ? this.#strangers : this.#guests;
    if (this.#guests.size + this.#strangers.size <= this.#capacity.guests || oldest === undefined) return undefined;
    this.#forget(oldest);
    oldest.destroy();
    return oldest;
  }

  /** The guest turned out to have no key. */
  estrange(socket: Socket): void {
    if (this.#guests.delete(socket)) this.#strangers.add(socket);
  }

  /** The guest turned out to be a client. False when there is no room for more clients, or it is gone. */
  promote(socket: Socket, key: Key): boolean {
    if (this.#clients.size >= this.#capacity.clients || !this.#guests.delete(socket)) return false;
    this.#clients.set(socket, key);
    return true;
  }

  /** Cuts the clients whose key is not among those that are live. */
  keepOnly(isLive: (key: Key) => boolean): void {
    for (const [socket, key] of this.#clients) if (!isLive(key)) socket.destroy();
  }

  closeAll(): void {
    for (const socket of [...this.#guests, ...this.#strangers, ...this.#clients.keys()]) socket.destroy();
  }

  #forget(socket: Socket): void {
    this.#guests.delete(socket);
    this.#strangers.delete(socket);
    this.#clients.delete(socket);
  }
}
