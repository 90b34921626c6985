/** What Telegram's side of the first step of the key exchange reads and writes (core.telegram.org/mtproto/auth_key). */

const REQ_PQ = 0x60469778;
const REQ_PQ_MULTI = 0xbe7e8ef1;
const RES_PQ = 0x05162463;
const VECTOR = 0x1cb5c415;

/** auth_key_id (zero), message id and length. */
const ENVELOPE_BYTES = 20;
const NONCE_BYTES = 16;

/** The nonce of a `req_pq` or `req_pq_multi`, padding after it ignored; undefined for any other message. */
export function readReqPq(message: Uint8Array): Uint8Array | undefined {
  const bytes = Buffer.from(message);
  if (bytes.length < ENVELOPE_BYTES + 4 + NONCE_BYTES || bytes.readBigUInt64LE(0) !== 0n) return undefined;
  const length = bytes.readUInt32LE(16);
  if (length < 4 + NONCE_BYTES || length > bytes.length - ENVELOPE_BYTES) return undefined;
  const isRequest = [REQ_PQ, REQ_PQ_MULTI].includes(bytes.readUInt32LE(ENVELOPE_BYTES));
  return isRequest ? bytes.subarray(ENVELOPE_BYTES + 4, ENVELOPE_BYTES + 4 + NONCE_BYTES) : undefined;
}

export interface ResPq {
  readonly nonce: Uint8Array;
  readonly serverNonce: Uint8Array;
  /** Product of two primes, big-endian, at most 8 bytes. */
  readonly pq: Uint8Array;
  /** Fingerprints of the RSA keys that the server holds. */
  readonly fingerprints: readonly bigint[];
}

/** An unencrypted `resPQ` message. `now` in milliseconds since 1970. */
export function resPq({ nonce, serverNonce, pq, fingerprints }: ResPq, now: number): Uint8Array {
  const body = Buffer.concat([
    int32(RES_PQ),
    nonce,
    serverNonce,
    tlBytes(pq),
    int32(VECTOR),
    int32(fingerprints.length),
    ...fingerprints.map(int64),
  ]);
  // A server's answer has a message id that is 1 modulo 4 (core.telegram.org/mtproto/description).
  const messageId = (BigInt(Math.floor(now / 1000)) << 32n) | (BigInt(Math.floor(now % 1000)) << 20n) | 1n;
  return Buffer.concat([new Uint8Array(8), int64(messageId), int32(body.length), body]);
}

/** A transport error as a frame's payload. `code` is negative. */
export function transportError(code: number): Uint8Array {
  return int32(code >>> 0);
}

/** TL `bytes` shorter than 254: a length byte, the bytes, zeros up to a multiple of four. */
function tlBytes(bytes: Uint8Array): Uint8Array {
  const padded = Buffer.alloc(Math.ceil((1 + bytes.length) / 4) * 4);
  padded[0] = bytes.length;
  padded.set(bytes, 1);
  return padded;
}

function int32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function int64(value: bigint): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}
