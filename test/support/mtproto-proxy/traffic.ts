import type { Socket } from "node:net";

/** Bytes over all sockets of one process of the original, open and closed. */
export class Traffic {
  readonly #open = new Set<Socket>();
  #received = 0;
  #sent = 0;

  get openSockets(): number {
    return this.#open.size;
  }

  get received(): number {
    return this.#received + sum(this.#open, ({ bytesRead }) => bytesRead);
  }

  get sent(): number {
    return this.#sent + sum(this.#open, ({ bytesWritten }) => bytesWritten);
  }

  count(socket: Socket): void {
    this.#open.add(socket);
    socket.once("close", () => {
      this.#open.delete(socket);
      this.#received += socket.bytesRead;
      this.#sent += socket.bytesWritten;
    });
  }
}

function sum(sockets: Iterable<Socket>, value: (socket: Socket) => number): number {
  let total = 0;
  for (const socket of sockets) total += value(socket);
  return total;
}
