import type { Socket } from "node:net";
import { ClientConnection } from "./client-connection.ts";
import type { Worker } from "./worker.ts";

/** Lets connections in as far as `-c`, `-C` and `--max-accept-rate` allow, and spreads them over the workers. */
export class Gate {
  readonly #rate: number;
  readonly #waiting: Socket[] = [];
  #workers: readonly Worker[] = [];
  #allowance = 0;
  #allowedAt = performance.now();

  /** @param rate connections a second; 0 is without limit */
  constructor(rate: number) {
    this.#rate = rate;
  }

  /** Who came before waited in the backlog. */
  open(workers: readonly Worker[]): void {
    this.#workers = workers;
    for (const socket of this.#waiting.splice(0)) this.admit(socket);
  }

  /** A paused socket that was just accepted. */
  admit(socket: Socket): void {
    const worker = this.#workers[Math.floor(Math.random() * this.#workers.length)];
    if (worker === undefined) {
      this.#waiting.push(socket);
      return;
    }
    worker.accepted++;
    if (this.#rate > 0 && !this.#takesFromAllowance()) refuse(socket, () => worker.refusedByRate++);
    else if (worker.isFull) refuse(socket, () => worker.refusedByLimit++);
    else this.#seat(socket, worker);
  }

  /** Above `-C` a client is connected and gets no answer until another one leaves. */
  #seat(socket: Socket, worker: Worker): void {
    if (worker.clients.size >= worker.maxClients) {
      this.#waiting.push(socket);
      return;
    }
    const client = new ClientConnection(socket, worker);
    worker.clients.add(client);
    worker.traffic.count(socket);
    socket.once("close", () => this.#seatNext(worker));
    socket.resume();
  }

  #seatNext(worker: Worker): void {
    const next = this.#waiting.shift();
    if (next !== undefined) this.#seat(next, worker);
  }

  /** A bucket that holds one second's worth and starts empty. */
  #takesFromAllowance(): boolean {
    const now = performance.now();
    this.#allowance = Math.min(this.#rate, this.#allowance + ((now - this.#allowedAt) / 1000) * this.#rate);
    this.#allowedAt = now;
    if (this.#allowance < 1) return false;
    this.#allowance--;
    return true;
  }
}

function refuse(socket: Socket, count: () => void): void {
  count();
  socket.destroy();
}
