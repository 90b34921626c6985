import { connect, createServer, type Socket } from "node:net";
import type { Key } from "../../../src/domain/key.ts";
import { ByteQueue } from "../../../src/protocol/byte-queue.ts";
import { FrameDecoder } from "../../../src/protocol/framing.ts";
import { clientHelloLength, helloLimits, identifyHello } from "../../../src/protocol/hello-identity.ts";
import {
  acceptHeader,
  HEADER_BYTES,
  type ObfuscatedSession,
  startObfuscated,
} from "../../../src/protocol/obfuscated2.ts";
import { buildServerAnswer } from "../../../src/protocol/server-hello.ts";
import { RecordDecoder, toRecords } from "../../../src/protocol/tls-records.ts";

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface TinyProxyOptions {
  readonly keys: readonly Key[];
  /** Fake-TLS only, with these cover domains. Without: obfuscated2 only. The C proxy is one or the other, too. */
  readonly domains?: readonly string[];
  readonly limits?: { readonly minBytes: number; readonly maxBytes: number };
  /** Absent: the upstream is not ready, messages are dropped. */
  readonly upstream?: Endpoint;
  /** Where a refused hello goes; it is closed without. */
  readonly cover?: Endpoint;
  /** Seconds that the proxy's clock is ahead of this machine's. */
  readonly clockOffset?: number;
  /** Listens here; 127.0.0.1. */
  readonly host?: string;
  /** Instead of handing messages to the upstream. */
  readonly instead?: (line: ProxiedLine) => void;
}

/** An accepted client: what an `instead` of a test works with. */
export interface ProxiedLine {
  readonly session: ObfuscatedSession;
  /** Sends bytes of the inner stream, wrapped but not encrypted. */
  readonly send: (data: Uint8Array) => void;
  readonly close: () => void;
}

export interface TinyProxy extends Endpoint {
  /** Connections that are open now, and since the start. */
  readonly stats: { open: number; connections: number };
  close(): Promise<void>;
}

/**
 * The least proxy that behaves as the C one does towards a client, in front of one datacenter and without its speed: a dead key is
 * never answered, a frame with an impossible length closes a live key's connection, a refused hello goes to the cover site.
 */
export async function startTinyProxy(options: TinyProxyOptions): Promise<TinyProxy> {
  const stats = { open: 0, connections: 0 };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    stats.open += 1;
    stats.connections += 1;
    socket.on("error", () => {});
    socket.once("close", () => {
      sockets.delete(socket);
      stats.open -= 1;
    });
    if (options.domains === undefined) serveObfuscated(socket, options);
    else serveFakeTls(socket, options);
  });
  const host = options.host ?? "127.0.0.1";
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return { host, port: address.port, stats, close };
}

function serveObfuscated(socket: Socket, options: TinyProxyOptions): void {
  const received = new ByteQueue();
  let push: ((chunk: Uint8Array) => void) | undefined;
  socket.on("data", (chunk) => {
    if (push !== undefined) return push(chunk);
    received.push(chunk);
    if (received.length < HEADER_BYTES) return;
    push = accept(socket, received.take(HEADER_BYTES), (data) => data, options) ?? (() => {});
    push(received.take());
  });
}

function serveFakeTls(socket: Socket, options: TinyProxyOptions): void {
  const received = new ByteQueue();
  let push: ((chunk: Uint8Array) => void) | undefined;
  socket.on("data", (chunk) => {
    if (push !== undefined) return push(chunk);
    received.push(chunk);
    const length = clientHelloLength(received.view());
    if (length === undefined || (typeof length === "number" && received.length < length)) return;
    const hello = received.take();
    push = answerHello(socket, hello, options) ?? handToCover(socket, hello, options.cover);
  });
}

function answerHello(
  socket: Socket,
  received: Uint8Array,
  options: TinyProxyOptions,
): ((chunk: Uint8Array) => void) | undefined {
  const identity = identifyHello(received, {
    keys: options.keys,
    isKnownDomain: (domain) => options.domains?.includes(domain) === true,
    now: Math.floor(Date.now() / 1000) + (options.clockOffset ?? 0),
    limits: options.limits ?? helloLimits.since2025,
  });
  if (!identity.ok) return undefined;
  socket.write(buildServerAnswer(identity.hello, identity.key));
  return readRecords(socket, options);
}

function readRecords(socket: Socket, options: TinyProxyOptions): (chunk: Uint8Array) => void {
  const records = new RecordDecoder({ afterHandshake: true });
  const inner = new ByteQueue();
  let push: ((chunk: Uint8Array) => void) | undefined;
  return (chunk) => {
    const data = records.push(chunk);
    if (push !== undefined) return push(data);
    inner.push(data);
    if (inner.length < HEADER_BYTES) return;
    push = accept(socket, inner.take(HEADER_BYTES), toRecords, options) ?? (() => socket.destroy());
    push(inner.take());
  };
}

function handToCover(socket: Socket, first: Uint8Array, cover: Endpoint | undefined): (chunk: Uint8Array) => void {
  if (cover === undefined) {
    socket.destroy();
    return () => {};
  }
  const site = connect(cover.port, cover.host);
  site.on("error", () => socket.destroy());
  socket.once("close", () => site.destroy());
  site.write(first);
  site.pipe(socket);
  return (chunk) => site.write(chunk);
}

/** What takes the inner stream of an accepted client; undefined for a header that no key made. */
function accept(
  socket: Socket,
  header: Uint8Array,
  wrap: (data: Uint8Array) => Uint8Array,
  options: TinyProxyOptions,
): ((data: Uint8Array) => void) | undefined {
  const session = acceptHeader(header, options.keys)?.session;
  if (session === undefined) return undefined;
  const toClient = (data: Uint8Array): void => {
    socket.write(wrap(session.encrypt(data)));
  };
  options.instead?.({ session, send: (data) => socket.write(wrap(data)), close: () => socket.destroy() });
  const forward = options.instead === undefined ? forwarder(socket, session, toClient, options.upstream) : undefined;
  const frames = new FrameDecoder(session.transport);
  return (data) => {
    const clear = session.decrypt(data);
    try {
      frames.push(clear);
    } catch {
      return socket.destroy();
    }
    forward?.(clear);
  };
}

function forwarder(
  socket: Socket,
  session: ObfuscatedSession,
  toClient: (data: Uint8Array) => void,
  upstream: Endpoint | undefined,
): ((clear: Uint8Array) => void) | undefined {
  if (upstream === undefined) return undefined;
  const start = startObfuscated({ transport: session.transport, datacenter: session.datacenter });
  const telegram = connect(upstream.port, upstream.host);
  telegram.on("error", () => socket.destroy());
  telegram.on("data", (data) => toClient(start.session.decrypt(data)));
  socket.once("close", () => telegram.destroy());
  telegram.once("close", () => socket.destroy());
  telegram.write(start.header);
  return (clear) => telegram.write(start.session.encrypt(clear));
}
