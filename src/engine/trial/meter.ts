import type { Socket } from "node:net";

/** Counts what goes through sockets while they live and after they closed. */
export class Meter {
  readonly #open = new Set<Socket>();
  #closedIn = 0;
  #closedOut = 0;
  #opened = 0;

  get active(): number {
    return this.#open.size;
  }

  get sinceStart(): number {
    return this.#opened;
  }

  get bytesIn(): number {
    return sum(this.#open, (socket) => socket.bytesRead) + this.#closedIn;
  }

  get bytesOut(): number {
    return sum(this.#open, sentBytes) + this.#closedOut;
  }

  watch(socket: Socket): void {
    this.#opened += 1;
    this.#open.add(socket);
    socket.once("close", () => {
      this.#open.delete(socket);
      this.#closedIn += socket.bytesRead;
      this.#closedOut += sentBytes(socket);
    });
  }
}

/** `bytesWritten` counts what still waits in the stream as well. */
function sentBytes(socket: Socket): number {
  return socket.bytesWritten - socket.writableLength;
}

function sum(sockets: Iterable<Socket>, figure: (socket: Socket) => number): number {
  let total = 0;
  for (const socket of sockets) total += figure(socket);
  return total;
}
