import { randomBytes } from "node:crypto";
import { createServer, type Socket } from "node:net";
import { ByteQueue } from "../../../src/protocol/byte-queue.ts";
import { encodeFrame, FrameDecoder } from "../../../src/protocol/framing.ts";

import { HEADER_BYTES } from "../../../src/protocol/obfuscated2.ts";
import { type Transport, transportOfTag, transportTag } from "../../../src/protocol/transport.ts";
import { acceptKeylessHeader } from "./keyless-header.ts";
import { readReqPq, resPq } from "./server-messages.ts";

/**
 * RSA keys that Telegram's clients know (core.telegram.org/api/obtaining_api_id): with one of these in `resPQ` a client goes on
 * with the key exchange.
 */
export const telegramFingerprints: readonly bigint[] = [0xd09d1d85de64fd85n, 0xb25898df208d2603n];

/** A product of two primes that Telegram once sent (core.telegram.org/mtproto/samples-auth_key). */
const PQ = Buffer.from("17ed48941a08f981", "hex");

export interface DatacenterOptions {
  /** 0, a free one. */
  readonly port?: number;
  /** Takes connections and messages and answers nothing: a datacenter that is out of order. */
  readonly silent?: boolean;
  /** Answers this much later, milliseconds. */
  readonly delayMs?: number;
  /** RSA keys offered in `resPQ`: `telegramFingerprints`. */
  readonly fingerprints?: readonly bigint[];
  /** Answers to messages other than `req_pq`; none unless given. */
  readonly answer?: (payload: Uint8Array) => Uint8Array | undefined;
}

export interface DatacenterStats {
  /** Connections since the start. */
  connections: number;
  open: number;
  bytesIn: number;
  bytesOut: number;
  /** `req_pq` and `req_pq_multi` that were answered. */
  answered: number;
  /** Other messages. */
  messages: number;
  /** Connections that spoke nothing a datacenter knows. */
  refused: number;
  /** Transport of each connection that was understood, in order. */
  readonly transports: Transport[];
  /** Datacenter id in each obfuscated header, in order. */
  readonly datacenters: number[];
}

export interface Datacenter {
  readonly host: string;
  readonly port: number;
  readonly stats: DatacenterStats;
  /** Cuts what is connected and stops listening. */
  close(): Promise<void>;
}

/** Sends each message back. */
export function echo(payload: Uint8Array): Uint8Array {
  return payload.subarray(0, payload.length & ~3);
}

const BULK = "bulk";

/** A message that `bulk` answers with `count` bytes, a multiple of four. */
export function bulkRequest(count: number): Uint8Array {
  const request = Buffer.alloc(8);
  request.write(BULK);
  request.writeUInt32LE(count, 4);
  return request;
}

/** Answers a `bulkRequest` with as many bytes as it asks for. */
export function bulk(payload: Uint8Array): Uint8Array | undefined {
  const request = Buffer.from(payload);
  return request.toString("latin1", 0, 4) === BULK ? Buffer.alloc(request.readUInt32LE(4), BULK) : undefined;
}

/**
 * A Telegram datacenter on 127.0.0.1 as far as a proxy and a client's first step go: takes obfuscated2 without a secret and the
 * bare abridged, intermediate and padded transports, and answers `req_pq` with `resPQ`.
 */
export async function startDatacenter(options: DatacenterOptions = {}): Promise<Datacenter> {
  const stats = emptyStats();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    stats.connections += 1;
    stats.open += 1;
    socket.once("close", () => {
      sockets.delete(socket);
      stats.open -= 1;
    });
    serve(socket, stats, options);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the datacenter has no port");
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return { host: address.address, port: address.port, stats, close };
}

function emptyStats(): DatacenterStats {
  return {
    connections: 0,
    open: 0,
    bytesIn: 0,
    bytesOut: 0,
    answered: 0,
    messages: 0,
    refused: 0,
    transports: [],
    datacenters: [],
  };
}

/** One connection that said which transport it speaks. */
interface Line {
  readonly transport: Transport;
  readonly datacenter?: number;
  readonly encrypt: (data: Uint8Array) => Uint8Array;
  readonly decrypt: (data: Uint8Array) => Uint8Array;
}

function serve(socket: Socket, stats: DatacenterStats, options: DatacenterOptions): void {
  const start = new ByteQueue();
  let push: ((chunk: Uint8Array) => void) | undefined;
  const refuse = (): void => {
    stats.refused += 1;
    socket.destroy();
  };
  const open = (line: Line): void => {
    stats.transports.push(line.transport);
    if (line.datacenter !== undefined) stats.datacenters.push(line.datacenter);
    push = messageReader(socket, line, stats, options);
    push(start.take());
  };
  socket.on("error", () => {});
  socket.on("data", (chunk) => {
    stats.bytesIn += chunk.length;
    try {
      if (push !== undefined) return push(chunk);
      start.push(chunk);
      const line = openLine(start);
      if (line === "unknown") refuse();
      else if (line !== undefined) open(line);
    } catch {
      refuse();
    }
  });
}

function messageReader(
  socket: Socket,
  line: Line,
  stats: DatacenterStats,
  options: DatacenterOptions,
): (chunk: Uint8Array) => void {
  const frames = new FrameDecoder(line.transport);
  return (chunk) => {
    for (const payload of frames.push(line.decrypt(chunk))) {
      const answer = answerTo(payload, stats, options);
      if (answer === undefined || options.silent === true) continue;
      const send = (): void => {
        const bytes = line.encrypt(encodeFrame(line.transport, answer));
        stats.bytesOut += bytes.length;
        socket.write(bytes);
      };
      if (options.delayMs === undefined) send();
      else setTimeout(send, options.delayMs);
    }
  };
}

function answerTo(payload: Uint8Array, stats: DatacenterStats, options: DatacenterOptions): Uint8Array | undefined {
  const nonce = readReqPq(payload);
  if (nonce === undefined) {
    stats.messages += 1;
    return options.answer?.(payload);
  }
  if (options.silent !== true) stats.answered += 1;
  const { fingerprints = telegramFingerprints } = options;
  return resPq({ nonce, serverNonce: randomBytes(16), pq: PQ, fingerprints }, Date.now());
}

const same = (data: Uint8Array): Uint8Array => data;

/** Takes the tag or the header off the start; undefined while more bytes are needed to tell. */
function openLine(start: ByteQueue): Line | "unknown" | undefined {
  const [first] = start.view();
  if (first === transportTag.abridged) {
    start.skip(1);
    return { transport: "abridged", encrypt: same, decrypt: same };
  }
  if (start.length < 4) return undefined;
  const bare = transportOfTag(start.view().slice(0, 4));
  if (bare !== undefined) {
    start.skip(4);
    return { transport: bare, encrypt: same, decrypt: same };
  }
  if (start.length < HEADER_BYTES) return undefined;
  return acceptKeylessHeader(start.take(HEADER_BYTES)) ?? "unknown";
}
