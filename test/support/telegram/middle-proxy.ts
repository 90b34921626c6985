import { randomBytes } from "node:crypto";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { answerKeyExchange } from "./answers.ts";
import { ProxyLink, type SeenAddresses } from "./proxy-link.ts";
import { type ProxyRequest, pongFor, readProxyRequest, rpcName, writeProxyAnswer } from "./rpc-packets.ts";

export interface MiddleProxyOptions extends SeenAddresses {
  /** Contents of proxy-secret, 32 to 256 bytes; random when absent. */
  readonly secret?: Uint8Array;
  /** Address to listen on, 127.0.0.1. */
  readonly host?: string;
  /** Port to listen on, any free one. */
  readonly port?: number;
  /** How many ports it listens on: as many targets a proxy sees. 1. */
  readonly targets?: number;
  /** The answer to a client's message; `answerKeyExchange` when absent. */
  readonly answer?: (message: Uint8Array, request: ProxyRequest) => Uint8Array | undefined;
  readonly onRequest?: (request: ProxyRequest) => void;
}

/** Telegram as a proxy sees it. */
export interface MiddleProxy {
  readonly host: string;
  readonly ports: readonly number[];
  /** The first of `ports`. */
  readonly port: number;
  /** What a proxy's `--aes-pwd` file holds. */
  readonly proxySecret: Uint8Array;
  /** A file that names it for the datacenters ±1 to ±5. */
  proxyMultiConf(): string;
  /** What was forwarded, oldest first, the last 10,000. */
  readonly requests: readonly ProxyRequest[];
  /** Links with a finished handshake, now. */
  readonly readyLinks: number;
  /** Links ever made whose handshake failed: other keys on the other side. */
  readonly failedLinks: number;
  /** Clients that the proxy said had gone. */
  readonly goneClients: number;
  /** Makes the proxy cut off a client that it forwarded a request of. */
  cutOff(request: ProxyRequest): void;
  /** Ends every link and stops listening. `ports` stay the same for `reopen`. */
  close(): Promise<void>;
  /** Listens again on the same ports. */
  reopen(): Promise<void>;
}

const KEPT_REQUESTS = 10_000;

export async function startMiddleProxy(options: MiddleProxyOptions = {}): Promise<MiddleProxy> {
  const middle = new LoopbackMiddleProxy(options);
  await middle.open();
  return middle;
}

class LoopbackMiddleProxy implements MiddleProxy {
  readonly host: string;
  readonly proxySecret: Uint8Array;
  readonly requests: ProxyRequest[] = [];
  readonly #options: MiddleProxyOptions;
  readonly #links = new Set<ProxyLink>();
  readonly #owners = new WeakMap<ProxyRequest, ProxyLink>();
  #ports: readonly number[];
  #servers: readonly Server[] = [];
  failedLinks = 0;
  goneClients = 0;

  constructor(options: MiddleProxyOptions) {
    this.#options = options;
    this.host = options.host ?? "127.0.0.1";
    this.proxySecret = options.secret ?? randomBytes(128);
    const { port = 0, targets = 1 } = options;
    this.#ports = Array.from({ length: targets }, (_, index) => (port === 0 ? 0 : port + index));
  }

  get ports(): readonly number[] {
    return this.#ports;
  }

  get port(): number {
    return this.#ports[0] ?? 0;
  }

  get readyLinks(): number {
    return [...this.#links].filter((link) => link.isReady).length;
  }

  proxyMultiConf(): string {
    const ip = this.#options.announce ?? this.host;
    const datacenters = [1, 2, 3, 4, 5].flatMap((id) => [id, -id]);
    const lines = datacenters.flatMap((id) => this.#ports.map((port) => `proxy_for ${id} ${ip}:${port};\n`));
    return `# force_probability 10 10\ndefault 2;\n${lines.join("")}`;
  }

  async open(): Promise<void> {
    this.#servers = await Promise.all(this.#ports.map((port) => this.#listen(port)));
    this.#ports = this.#servers.map((server) => (server.address() as AddressInfo).port);
  }

  async reopen(): Promise<void> {
    await this.open();
  }

  async close(): Promise<void> {
    const closed = this.#servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    for (const link of this.#links) link.close();
    await Promise.all(closed);
  }

  cutOff(request: ProxyRequest): void {
    this.#owners.get(request)?.cutOff(request.connectionId);
  }

  #listen(port: number): Promise<Server> {
    const server = createServer((socket) => this.#accept(socket));
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, this.host, () => resolve(server));
    });
  }

  #accept(socket: Socket): void {
    const link: ProxyLink = new ProxyLink(socket, this.proxySecret, this.#options, (packet) =>
      this.#take(link, packet),
    );
    this.#links.add(link);
    socket.once("close", () => {
      this.#links.delete(link);
      if (!link.isReady) this.failedLinks++;
    });
  }

  #take(link: ProxyLink, payload: Buffer): void {
    const name = payload.readUInt32LE(0);
    if (name === rpcName.ping) link.send(pongFor(payload));
    if (name === rpcName.clientGone) this.goneClients++;
    if (name === rpcName.proxyRequest) this.#forward(link, readProxyRequest(payload));
  }

  #forward(link: ProxyLink, request: ProxyRequest): void {
    this.requests.push(request);
    if (this.requests.length > KEPT_REQUESTS) this.requests.shift();
    this.#owners.set(request, link);
    this.#options.onRequest?.(request);
    const answer = (this.#options.answer ?? answerKeyExchange)(request.message, request);
    if (answer !== undefined) link.send(writeProxyAnswer(request.connectionId, answer));
  }
}
