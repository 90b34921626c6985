import { randomBytes, randomInt } from "node:crypto";
import { ByteQueue } from "./byte-queue.ts";
import { malformed, type Transport } from "./transport.ts";

/** Largest payload that the C proxy takes in one frame is just under a megabyte (MAX_POST_SIZE); nothing real comes near. */
export const MAX_FRAME_BYTES = 1 << 20;

const QUICK_ACK = 0x80000000;
const LONG_ABRIDGED = 0x7f;

/**
 * One frame around a payload. A payload is a multiple of four bytes; `padded` adds 0 to 15 random bytes, which the reader of the
 * message ignores because a message says its own length.
 * @throws AppError invalid for a payload that no transport can carry
 */
export function encodeFrame(transport: Transport, payload: Uint8Array): Uint8Array {
  if (payload.length === 0 || payload.length % 4 !== 0 || payload.length > MAX_FRAME_BYTES) {
    throw malformed(`a frame carries 4 bytes to 1 MiB in steps of four, not ${payload.length}`);
  }
  if (transport === "abridged") return Buffer.concat([abridgedLength(payload.length / 4), payload]);
  const padding = transport === "padded" ? randomBytes(randomInt(16)) : new Uint8Array(0);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(payload.length + padding.length);
  return Buffer.concat([length, payload, padding]);
}

function abridgedLength(words: number): Uint8Array {
  if (words < LONG_ABRIDGED) return Uint8Array.of(words);
  return Uint8Array.of(LONG_ABRIDGED, words & 0xff, (words >> 8) & 0xff, words >> 16);
}

/** A length that every transport refuses at once: it has bit 30 set in intermediate, and is overlong in abridged. */
export function invalidFrame(transport: Transport): Uint8Array {
  const start = transport === "abridged" ? [LONG_ABRIDGED, 1, 0, 0] : [0xff, 0xff, 0xff, 0x7f];
  // The C proxy looks at a length only when eight more bytes are there (net-tcp-rpc-ext-server.c, min_len + 8).
  return Buffer.concat([Uint8Array.from(start), randomBytes(60)]);
}

/**
 * Takes frames out of a stream that arrives in chunks of any size. Holds at most one frame and one chunk. In `padded` the padding
 * stays on the payload.
 */
export class FrameDecoder {
  readonly #transport: Transport;
  readonly #maxBytes: number;
  readonly #queue = new ByteQueue();

  constructor(transport: Transport, options: { readonly maxBytes?: number } = {}) {
    this.#transport = transport;
    this.#maxBytes = options.maxBytes ?? MAX_FRAME_BYTES;
  }

  /**
   * Payloads that became whole with this chunk.
   * @throws AppError invalid on a length that the transport does not allow; the connection is then of no use
   */
  push(chunk: Uint8Array): Uint8Array[] {
    this.#queue.push(chunk);
    const payloads: Uint8Array[] = [];
    for (let payload = this.#next(); payload !== undefined; payload = this.#next()) payloads.push(payload);
    return payloads;
  }

  #next(): Uint8Array | undefined {
    const head = readLength(this.#transport, this.#queue.view());
    if (head === undefined) return undefined;
    if (head.length === 0 || head.length > this.#maxBytes)
      throw malformed(`a frame of ${head.length} bytes is not allowed`);
    if (this.#queue.length < head.size + head.length) return undefined;
    this.#queue.skip(head.size);
    return this.#queue.take(head.length);
  }
}

/** Payload length and size of the length field itself; undefined until the field is whole. */
function readLength(transport: Transport, bytes: Uint8Array): { length: number; size: number } | undefined {
  return transport === "abridged" ? readAbridged(bytes) : readIntermediate(bytes, transport === "padded");
}

function readAbridged(bytes: Uint8Array): { length: number; size: number } | undefined {
  const [first, low, middle, high] = bytes;
  if (first === undefined) return undefined;
  // The top bit asks for a quick acknowledgement and is no part of the length.
  const words = first & 0x7f;
  if (words !== LONG_ABRIDGED) return { length: 4 * words, size: 1 };
  if (low === undefined || middle === undefined || high === undefined) return undefined;
  const long = low | (middle << 8) | (high << 16);
  if (long < LONG_ABRIDGED) throw malformed("an abridged frame spells a short length in its long form");
  return { length: 4 * long, size: 4 };
}

function readIntermediate(bytes: Uint8Array, padded: boolean): { length: number; size: number } | undefined {
  if (bytes.length < 4) return undefined;
  const raw = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const length = raw >= QUICK_ACK ? raw - QUICK_ACK : raw;
  if (!padded && length % 4 !== 0)
    throw malformed(`an intermediate frame of ${length} bytes is not a multiple of four`);
  return { length, size: 4 };
}
