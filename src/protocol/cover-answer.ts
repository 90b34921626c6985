import { CHANGE_CIPHER_SPEC } from "./tls-records.ts";

/** Why the C proxy cannot imitate a site, in the order in which it looks (check_response in net-tcp-rpc-ext-server.c). */
export type CoverFault =
  /** What came is no TLS, or an alert. */
  | "not-tls"
  | "alert"
  | "hello-retry"
  | "tls-1.2"
  | "cipher"
  /** A ServerHello of another shape than x25519 and TLS 1.3 alone. */
  | "extensions"
  | "no-records";

export interface CoverRefusal {
  readonly state: "refused";
  readonly fault: CoverFault;
  /** Number of the alert, of the group that is asked for, or of the cipher suite that was chosen. */
  readonly code?: number;
}

/** How far the bytes of a site's answer are one that the C proxy can imitate. */
export type CoverAnswer =
  | { readonly state: "incomplete" }
  | CoverRefusal
  | {
      readonly state: "complete";
      /** Sizes of the encrypted records that came whole; the first is what the C proxy imitates. */
      readonly records: readonly number[];
    };

const HANDSHAKE = 0x16;
const ALERT = 0x15;
const APPLICATION_DATA = 0x17;
const HEADER = 5;
const SESSION_ID_AT = 44;
const CIPHER_AT = 76;
const EXTENSIONS_AT = 81;
const AES_128_GCM = 0x1301;

/** The random of a ServerHello that asks for another key share: SHA-256 of "HelloRetryRequest" (RFC 8446 §4.1.3). */
const HELLO_RETRY = Buffer.from("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c", "hex");

/**
 * Judges everything that a site sent so far in answer to a hello.
 * @param sessionId of our hello: TLS 1.3 sends it back
 */
export function readCoverAnswer(received: Uint8Array, sessionId: Uint8Array): CoverAnswer {
  const bytes = Buffer.from(received.buffer, received.byteOffset, received.length);
  const first = recordAt(bytes, 0);
  if (first === undefined) return foreignStart(bytes) ?? { state: "incomplete" };
  if (first.type === ALERT) return refused("alert", bytes[HEADER + 1]);
  if (first.type !== HANDSHAKE || bytes[HEADER] !== 2) return refused("not-tls");
  return helloFault(bytes.subarray(0, first.end), sessionId) ?? readFlight(bytes, first.end);
}

/** What can be told before a record is whole. */
function foreignStart(bytes: Buffer): CoverRefusal | undefined {
  const [type, major] = bytes;
  const isForeign =
    (type !== undefined && type !== HANDSHAKE && type !== ALERT) || (major !== undefined && major !== 3);
  return isForeign ? refused("not-tls") : undefined;
}

function helloFault(hello: Buffer, sessionId: Uint8Array): CoverRefusal | undefined {
  if (hello.length < EXTENSIONS_AT + 2) return refused("tls-1.2");
  const extensions = readExtensions(hello);
  const version = extensions?.get(0x2b);
  if (version?.equals(TLS_1_3) !== true) return refused("tls-1.2");
  const share = extensions?.get(0x33);
  if (hello.subarray(11, 43).equals(HELLO_RETRY)) return refused("hello-retry", groupIn(share));
  if (!hello.subarray(SESSION_ID_AT, CIPHER_AT).equals(sessionId)) return refused("tls-1.2");
  const cipher = hello.readUInt16BE(CIPHER_AT);
  if (cipher !== AES_128_GCM) return refused("cipher", cipher);
  const isPlain = extensions?.size === 2 && share?.length === 36 && groupIn(share) === X25519;
  return isPlain ? undefined : refused("extensions");
}

const TLS_1_3 = Buffer.from("0304", "hex");
const X25519 = 0x001d;

function groupIn(share: Buffer | undefined): number | undefined {
  return share === undefined || share.length < 2 ? undefined : share.readUInt16BE(0);
}

/** By their number; undefined when lengths do not add up or the session id has another length, as in TLS 1.2. */
function readExtensions(hello: Buffer): Map<number, Buffer> | undefined {
  const extensions = new Map<number, Buffer>();
  if (hello[SESSION_ID_AT - 1] !== 32) return undefined;
  const end = EXTENSIONS_AT + hello.readUInt16BE(EXTENSIONS_AT - 2);
  for (let at = EXTENSIONS_AT; at < end; ) {
    if (at + 4 > hello.length) return undefined;
    const length = hello.readUInt16BE(at + 2);
    extensions.set(hello.readUInt16BE(at), hello.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return end === hello.length ? extensions : undefined;
}

/** ChangeCipherSpec, then encrypted records up to where the bytes end. */
function readFlight(bytes: Buffer, start: number): CoverAnswer {
  const ccs = bytes.subarray(start, start + CHANGE_CIPHER_SPEC.length);
  if (!ccs.equals(CHANGE_CIPHER_SPEC.subarray(0, ccs.length))) return refused("no-records");
  const records: number[] = [];
  let at = start + CHANGE_CIPHER_SPEC.length;
  for (let record = recordAt(bytes, at); record?.type === APPLICATION_DATA; record = recordAt(bytes, at)) {
    records.push(record.end - at - HEADER);
    at = record.end;
  }
  if (records.length > 0) return { state: "complete", records };
  return bytes[at] === undefined || bytes[at] === APPLICATION_DATA ? { state: "incomplete" } : refused("no-records");
}

/** A whole record. */
function recordAt(bytes: Buffer, at: number): { readonly type: number | undefined; readonly end: number } | undefined {
  if (bytes.length < at + HEADER) return undefined;
  if (bytes[at + 1] !== 3) return undefined;
  const end = at + HEADER + bytes.readUInt16BE(at + 3);
  return bytes.length < end ? undefined : { type: bytes[at], end };
}

function refused(fault: CoverFault, code?: number): CoverRefusal {
  return { state: "refused", fault, ...(code === undefined ? {} : { code }) };
}
