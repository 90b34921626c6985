import { connect, createServer, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** Who stands behind HAProxy: answers with its name and how many bytes it has, and says what it was sent. */
export class NamedPeer {
  readonly name: string;
  readonly #server: Server;
  readonly connections = new Set<Socket>();
  /** Everything that came, by connection. */
  readonly received: Buffer[] = [];

  private constructor(name: string) {
    this.name = name;
    this.#server = createServer((socket) => {
      const index = this.received.push(Buffer.alloc(0)) - 1;
      this.connections.add(socket);
      socket.on("data", (chunk) => {
        this.received[index] = Buffer.concat([this.received[index] ?? Buffer.alloc(0), chunk]);
        socket.write(`${name} ${chunk.length}\n`);
      });
      socket.on("error", () => {});
      socket.on("close", () => this.connections.delete(socket));
    });
  }

  /** @param place any free port of this host when absent */
  static async start(name: string, place = { host: "127.0.0.1", port: 0 }): Promise<NamedPeer> {
    const peer = new NamedPeer(name);
    await new Promise<void>((ready) => peer.#server.listen(place.port, place.host, ready));
    onTestFinished(() => peer.stop());
    return peer;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return address.port;
  }

  async stop(): Promise<void> {
    for (const socket of this.connections) socket.destroy();
    await new Promise((done) => this.#server.close(done));
  }
}

/** A connection of somebody outside. */
export class Visitor {
  readonly socket: Socket;
  text = "";
  isClosed = false;

  constructor(port: number, { from, host = "127.0.0.1" }: { from?: string; host?: string } = {}) {
    this.socket = connect({ port, host, noDelay: true, ...(from === undefined ? {} : { localAddress: from }) });
    this.socket.setEncoding("latin1");
    this.socket.on("data", (chunk) => {
      this.text += chunk;
    });
    this.socket.on("error", () => {});
    this.socket.on("close", () => {
      this.isClosed = true;
    });
    onTestFinished(() => void this.socket.destroy());
  }

  /** Sends and waits for the first word of whoever answers; `closed` when nobody does. */
  async say(bytes: Uint8Array): Promise<string> {
    this.text = "";
    this.socket.write(bytes);
    return this.answer();
  }

  async answer(): Promise<string> {
    for (;;) {
      if (this.text.includes("\n")) return this.text.split(" ")[0] ?? "";
      if (this.isClosed) return "closed";
      await new Promise((later) => setTimeout(later, 5));
    }
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    const closed = new Promise((done) => this.socket.once("close", done));
    this.socket.destroy();
    await closed;
  }
}
