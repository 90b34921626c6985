import { createCipheriv, createHash, randomBytes } from "node:crypto";
import type { Key } from "../domain/key.ts";
import { malformed, type Transport, transportOfTag, transportTag } from "./transport.ts";

/** Length of the header that opens an obfuscated2 connection. */
export const HEADER_BYTES = 64;

const TAG_AT = 56;
const DATACENTER_AT = 60;

/** Both directions of one connection after its header. Every byte goes through once and in order: the ciphers are streams. */
export interface ObfuscatedSession {
  readonly transport: Transport;
  /** int16 as the client wrote it: negative for a media datacenter, ±10000 added for the test ones (Telegram's convention). */
  readonly datacenter: number;
  encrypt(data: Uint8Array): Uint8Array;
  decrypt(data: Uint8Array): Uint8Array;
}

interface ObfuscatedStart {
  readonly transport: Transport;
  readonly datacenter: number;
  /** Absent towards Telegram itself and towards a proxy without secrets: the keys are then used as they are. */
  readonly key?: Key;
  readonly random?: (count: number) => Uint8Array;
}

/** The client's side: 64 bytes to send first, and the session that follows them. */
export function startObfuscated(start: ObfuscatedStart): { header: Uint8Array; session: ObfuscatedSession } {
  const { transport, datacenter, key, random = randomBytes } = start;
  const header = Buffer.from(randomHeader(random));
  header.fill(transportTag[transport], TAG_AT, TAG_AT + 4);
  header.writeInt16LE(datacenter, DATACENTER_AT);
  const encrypt = stream(header.subarray(8, 56), key);
  const decrypt = stream(header.subarray(8, 56).toReversed(), key);
  // The key material travels in clear, tag and datacenter as the key stream makes them; the stream continues at byte 64.
  header.set(encrypt(header).subarray(TAG_AT), TAG_AT);
  return { header, session: { transport, datacenter, encrypt, decrypt } };
}

/**
 * The server's side: tries each key in turn, as the C proxy does (net-tcp-rpc-ext-server.c:1310), and tells which one the header
 * was made with. Undefined when none fits.
 * @throws AppError invalid unless the header is 64 bytes
 */
export function acceptHeader(
  header: Uint8Array,
  keys: Iterable<Key>,
): { key: Key; session: ObfuscatedSession } | undefined {
  for (const key of keys) {
    const session = openSession(header, key);
    if (session !== undefined) return { key, session };
  }
  return undefined;
}

function openSession(header: Uint8Array, key: Key): ObfuscatedSession | undefined {
  if (header.length !== HEADER_BYTES) throw malformed(`an obfuscated2 header is 64 bytes, not ${header.length}`);
  const decrypt = stream(header.subarray(8, 56), key);
  const clear = Buffer.from(decrypt(header));
  const transport = transportOfTag(clear.subarray(TAG_AT, TAG_AT + 4));
  if (transport === undefined) return undefined;
  const encrypt = stream(header.slice(8, 56).reverse(), key);
  return { transport, datacenter: clear.readInt16LE(DATACENTER_AT), encrypt, decrypt };
}

/** AES-256-CTR from 48 bytes of key material: 32 of key, mixed with the secret if there is one, and 16 of counter. */
function stream(material: Uint8Array, key: Key | undefined): (data: Uint8Array) => Uint8Array {
  const seed = material.subarray(0, 32);
  const aesKey = key === undefined ? seed : createHash("sha256").update(seed).update(key.bytes()).digest();
  const cipher = createCipheriv("aes-256-ctr", aesKey, material.subarray(32, 48));
  return (data) => cipher.update(data);
}

/** Words that a server takes for another protocol when a connection starts with them. */
const FORBIDDEN_STARTS = ["HEAD", "POST", "GET ", "OPTI", "\xdd\xdd\xdd\xdd", "\xee\xee\xee\xee"];

function randomHeader(random: (count: number) => Uint8Array): Uint8Array {
  for (;;) {
    const header = random(HEADER_BYTES);
    if (!looksLikeAnotherProtocol(header)) return header;
  }
}

/** Also true for a TLS record (16 03 01), for the abridged tag (ef), and for the zero second word of the full transport. */
export function looksLikeAnotherProtocol(header: Uint8Array): boolean {
  const start = Buffer.from(header.subarray(0, 8)).toString("latin1");
  return (
    start.startsWith("\xef") ||
    start.startsWith("\x16\x03\x01") ||
    start.slice(4) === "\0\0\0\0" ||
    FORBIDDEN_STARTS.includes(start.slice(0, 4))
  );
}
