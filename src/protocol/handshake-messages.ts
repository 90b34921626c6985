/**
 * The first step of Telegram's key exchange, which needs no key: `req_pq_multi` with a nonce, answered by `resPQ` with the same
 * nonce (core.telegram.org/mtproto/auth_key). It proves that bytes travel to Telegram and back.
 */

const REQ_PQ_MULTI = 0xbe7e8ef1;
const RES_PQ = 0x05162463;

/** auth_key_id (zero), message id and length stand before the body of an unencrypted message. */
const ENVELOPE_BYTES = 20;

export const NONCE_BYTES = 16;

/** An unencrypted `req_pq_multi` message, 40 bytes. `now` in milliseconds since 1970. */
export function reqPqMulti(nonce: Uint8Array, now: number): Uint8Array {
  return envelope(Buffer.concat([int32(REQ_PQ_MULTI), nonce]), clientMessageId(now));
}

interface ResPq {
  readonly nonce: Uint8Array;
  readonly serverNonce: Uint8Array;
}

/** Nonce and server nonce of a `resPQ`; undefined for any other message. */
export function readResPq(message: Uint8Array): ResPq | undefined {
  const body = openEnvelope(message);
  if (body === undefined || body.length < 4 + 2 * NONCE_BYTES || body.readUInt32LE(0) !== RES_PQ) return undefined;
  return { nonce: body.subarray(4, 4 + NONCE_BYTES), serverNonce: body.subarray(4 + NONCE_BYTES, 4 + 2 * NONCE_BYTES) };
}

/**
 * The code of a transport error, for instance -404: a frame that holds one negative number instead of a message. In the padded
 * transport up to 15 bytes follow it, still fewer than any message has.
 */
export function readTransportError(payload: Uint8Array): number | undefined {
  if (payload.length < 4 || payload.length >= ENVELOPE_BYTES) return undefined;
  const code = Buffer.from(payload).readInt32LE(0);
  return code < 0 ? code : undefined;
}

/** Unix time in the upper half, so a multiple of four: message ids of clients are (core.telegram.org/mtproto/description). */
function clientMessageId(now: number): bigint {
  const fraction = BigInt(Math.floor(((now % 1000) / 1000) * 2 ** 30)) << 2n;
  return (BigInt(Math.floor(now / 1000)) << 32n) | fraction;
}

function envelope(body: Uint8Array, messageId: bigint): Uint8Array {
  return Buffer.concat([new Uint8Array(8), int64(messageId), int32(body.length), body]);
}

function openEnvelope(message: Uint8Array): Buffer | undefined {
  if (message.length < ENVELOPE_BYTES) return undefined;
  const bytes = Buffer.from(message);
  const length = bytes.readUInt32LE(16);
  if (bytes.readBigUInt64LE(0) !== 0n || length > bytes.length - ENVELOPE_BYTES) return undefined;
  return bytes.subarray(ENVELOPE_BYTES, ENVELOPE_BYTES + length);
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
