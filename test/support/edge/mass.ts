import { connect, createServer, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";

const CHUNK = Buffer.alloc(65_536);

/** Writes for as long as somebody reads. */
function pour(socket: Socket): void {
  const more = (): void => {
    while (!socket.destroyed && socket.write(CHUNK));
  };
  socket.on("drain", more);
  more();
}

/** Who stands behind HAProxy, sends without end and takes everything. */
export class MassPeer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  received = 0;

  private constructor() {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => this.#sockets.delete(socket));
      socket.on("data", (chunk) => {
        this.received += chunk.length;
      });
      pour(socket);
    });
  }

  static async start(): Promise<MassPeer> {
    const peer = new MassPeer();
    await new Promise<void>((ready) => peer.#server.listen(0, "127.0.0.1", ready));
    onTestFinished(async () => {
      for (const socket of peer.#sockets) socket.destroy();
      await new Promise((done) => peer.#server.close(done));
    });
    return peer;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return address.port;
  }
}

/** Connections of somebody who sends and takes as much as goes. */
export class MassVisitor {
  readonly #sockets: readonly Socket[];
  received = 0;

  /** @param firstBytes of each connection */
  constructor(port: number, firstBytes: readonly Uint8Array[]) {
    this.#sockets = firstBytes.map((bytes) => {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => {});
      socket.on("data", (chunk) => {
        this.received += chunk.length;
      });
      socket.write(bytes);
      pour(socket);
      return socket;
    });
    onTestFinished(() => this.leave());
  }

  leave(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
