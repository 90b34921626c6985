import { randomBytes } from "node:crypto";
import { readReqPq, resPq } from "./server-messages.ts";

/** The documentation's example of a product of two primes (core.telegram.org/mtproto/samples-auth_key). */
const PQ = Buffer.from("17ed48941a08f981", "hex");
const FINGERPRINT = 0xc3b42b026ce86b21n;

/** Answers what Telegram answers without knowing anybody: the beginning of a key exchange. Nothing else is answered. */
export function answerKeyExchange(message: Uint8Array): Uint8Array | undefined {
  const nonce = readReqPq(message);
  if (nonce === undefined) return undefined;
  return resPq({ nonce, serverNonce: randomBytes(16), pq: PQ, fingerprints: [FINGERPRINT] }, Date.now());
}

/** Stands where the id of an authorisation key would, so that the C proxy forwards a message of any contents. */
const BULK_KEY_ID = 0x6b6c75626b6c7562n;
const BULK_HEAD_BYTES = 16;
/** The C proxy forwards no shorter message under a key: its head alone has so many (mtproto-proxy.c, forward_mtproto_enc_packet). */
const BULK_SMALLEST = 56;

/**
 * For benchmarks: a message that asks for an answer of `answerBytes`. Both are padded to whole words and to the smallest message
 * that a proxy forwards.
 */
export function bulkRequest(answerBytes: number, requestBytes = 0): Uint8Array {
  return bulk(answerBytes, requestBytes);
}

/** Answers a `bulkRequest` and the beginning of a key exchange. */
export function answerBulk(message: Uint8Array): Uint8Array | undefined {
  const bytes = Buffer.from(message);
  if (bytes.length < BULK_SMALLEST || bytes.readBigUInt64LE(0) !== BULK_KEY_ID) return answerKeyExchange(message);
  const answerBytes = bytes.readUInt32LE(8);
  return bulk(0, answerBytes);
}

function bulk(answerBytes: number, size: number): Buffer {
  const message = Buffer.alloc(Math.max(BULK_SMALLEST, BULK_HEAD_BYTES, Math.ceil(size / 4) * 4));
  message.writeBigUInt64LE(BULK_KEY_ID, 0);
  message.writeUInt32LE(answerBytes, 8);
  return message;
}
