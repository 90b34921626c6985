import { randomBytes } from "node:crypto";
import { writeClientGone, writeProxyRequest } from "../telegram/rpc-packets.ts";
import type { CommandLine } from "./command-line.ts";
import type { MiddleLink } from "./middle-link.ts";
import type { Upstream } from "./upstream.ts";

/** A client whose messages are forwarded. */
export interface ForwardedClient {
  /** As the header named it. */
  readonly datacenter: number;
  readonly remote: { readonly ip: string; readonly port: number };
  readonly local: { readonly ip: string; readonly port: number };
  /** Hands a message to the client. */
  deliver(message: Uint8Array): void;
  end(): void;
}

interface Route {
  readonly client: ForwardedClient;
  readonly link: MiddleLink;
  readonly connectionId: bigint;
}

/**
 * Bytes that a message has at least, without and with a key, and the four questions that are forwarded without one
 * (mtproto-proxy.c, forward_mtproto_packet and forward_mtproto_enc_packet).
 */
const SMALLEST_KEYLESS = 28;
const SMALLEST_KEYED = 56;
const KEYLESS = new Set([0x60469778, 0xbe7e8ef1, 0xd712e4be, 0xf5045f1f]);

/** Carries messages of clients to Telegram and answers back. A client stays with the link that took its first message. */
export class Forwarder {
  readonly #upstream: Upstream;
  readonly #line: CommandLine;
  readonly #routes = new Map<ForwardedClient, Route>();
  readonly #byId = new Map<bigint, Route>();
  readonly #disappointed = new WeakSet<ForwardedClient>();
  forwarded = 0;
  answered = 0;
  dropped = 0;
  droppedAnswers = 0;
  created = 0;

  constructor(upstream: Upstream, line: CommandLine) {
    this.#upstream = upstream;
    this.#line = line;
  }

  /** Clients with a live session to Telegram. */
  get active(): number {
    return this.#routes.size;
  }

  /** Other messages than Telegram's are dropped in silence; so is the first one while nothing is ready, and the next ends it. */
  forward(client: ForwardedClient, message: Buffer): void {
    if (!isForwarded(message)) return;
    const route = this.#routes.get(client) ?? this.#open(client);
    if (route === undefined) return;
    this.forwarded++;
    route.link.send(
      writeProxyRequest({
        connectionId: route.connectionId,
        client: client.remote.ip,
        clientPort: client.remote.port,
        proxy: this.#line.nat.get(client.local.ip) ?? client.local.ip,
        proxyPort: client.local.port,
        message,
        ...(this.#line.tag === undefined ? {} : { tag: this.#line.tag }),
      }),
    );
  }

  answer(connectionId: bigint, message: Buffer): void {
    const route = this.#byId.get(connectionId);
    if (route === undefined) {
      this.droppedAnswers++;
      return;
    }
    this.answered++;
    route.client.deliver(message);
  }

  cut(connectionId: bigint): void {
    this.#byId.get(connectionId)?.client.end();
  }

  /** A link broke: its clients are cut off. */
  lose(link: MiddleLink): void {
    for (const route of this.#routes.values()) if (route.link === link) route.client.end();
  }

  forget(client: ForwardedClient): void {
    const route = this.#routes.get(client);
    if (route === undefined) return;
    this.#routes.delete(client);
    this.#byId.delete(route.connectionId);
    route.link.send(writeClientGone(route.connectionId));
  }

  #open(client: ForwardedClient): Route | undefined {
    const link = this.#upstream.linkFor(client.datacenter);
    if (link === undefined) {
      this.dropped++;
      this.#disappointed.add(client);
      return undefined;
    }
    if (this.#disappointed.has(client)) {
      client.end();
      return undefined;
    }
    this.created++;
    const route = { client, link, connectionId: randomBytes(8).readBigUInt64LE(0) };
    this.#routes.set(client, route);
    this.#byId.set(route.connectionId, route);
    return route;
  }
}

function isForwarded(message: Buffer): boolean {
  if (message.length < SMALLEST_KEYLESS) return false;
  if (message.readBigUInt64LE(0) !== 0n) return message.length >= SMALLEST_KEYED;
  const length = message.readInt32LE(16);
  return length >= 20 && length + 20 <= message.length && KEYLESS.has(message.readUInt32LE(20));
}
