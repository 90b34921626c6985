import { timingSafeEqual } from "node:crypto";
import type { Key } from "../domain/key.ts";
import { helloDigest, RANDOM_AT } from "./client-hello.ts";

/** Sizes of a ClientHello, in bytes with the record header, that builds of the C proxy accept (measured). */
export const helloLimits = {
  /** Official builds up to 2025-11: the first length byte must be 02. */
  before2025: { minBytes: 517, maxBytes: 772 },
  /** Official builds since 2025-11 and GetPageSpeed's. */
  since2025: { minBytes: 517, maxBytes: 4096 },
} as const;

/** Why a server does not take a hello for a client's. The C proxy hands such a connection to the cover site. */
export type HelloRefusal =
  | "not-tls"
  | "too-short"
  | "too-long"
  | "malformed"
  | "no-sni"
  | "unknown-domain"
  | "trailing-bytes"
  | "replayed"
  | "unmatched"
  | "clock-skew"
  | "no-cipher";

export interface ClientHello {
  /** The whole record. */
  readonly record: Uint8Array;
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  /** First cipher suite that is not GREASE, for instance 0x1301; undefined for an empty list. */
  readonly cipher: number | undefined;
  /** SNI as latin1, exactly as it was sent. */
  readonly serverName: string | undefined;
}

export interface HelloRules {
  readonly keys: Iterable<Key>;
  /** The `-D` names. */
  readonly isKnownDomain: (domain: string) => boolean;
  /** Seconds since 1970. */
  readonly now: number;
  readonly limits?: { readonly minBytes: number; readonly maxBytes: number };
  /** Whether this random field came before. Asked before the key is known, as in the C proxy; it is to remember the answer. */
  readonly isReplay?: (random: Uint8Array) => boolean;
  /** When this server saw its first hello, seconds since 1970: newer ones are not too old. */
  readonly firstHelloAt?: number;
}

export type HelloIdentity =
  | {
      readonly ok: true;
      readonly key: Key;
      readonly domain: string;
      readonly hello: ClientHello;
      readonly unixTime: number;
    }
  | {
      readonly ok: false;
      readonly reason: HelloRefusal;
      readonly domain?: string;
      /** Where it could be read: its random tells whose it is all the same. */
      readonly hello?: ClientHello;
    };

/**
 * How many bytes the record that starts here has, header included: undefined until five bytes tell, and `not-tls` as soon as the
 * bytes cannot become a handshake record of a ClientHello.
 */
export function clientHelloLength(start: Uint8Array): number | "not-tls" | undefined {
  const expected = [0x16, 0x03, 0x01];
  if (expected.some((byte, index) => index < start.length && start[index] !== byte)) return "not-tls";
  const [high, low] = [start[3], start[4]];
  return high === undefined || low === undefined ? undefined : 5 + 256 * high + low;
}

/**
 * Decides as the C proxy does, in its order (net-tcp-rpc-ext-server.c:1108-1190): size, SNI, trailing bytes, replay, key, time,
 * cipher. `received` is everything that came so far, at least the whole record.
 */
export function identifyHello(received: Uint8Array, rules: HelloRules): HelloIdentity {
  const checked = checkHello(received, rules);
  return checked.ok ? identifyKey(checked.hello, checked.domain, rules) : checked;
}

export type CheckedHello =
  | { readonly ok: true; readonly hello: ClientHello; readonly domain: string }
  | Extract<HelloIdentity, { ok: false }>;

/** All that can be said of a hello before its key is known. */
export function checkHello(
  received: Uint8Array,
  { limits = helloLimits.since2025, isKnownDomain }: Pick<HelloRules, "limits" | "isKnownDomain">,
): CheckedHello {
  const length = clientHelloLength(received);
  const sizeFault = checkSize(length, limits);
  if (sizeFault !== undefined) return { ok: false, reason: sizeFault };
  const hello = readClientHello(received.subarray(0, Number(length)));
  if (hello === undefined) return { ok: false, reason: "malformed" };
  const domain = hello.serverName;
  if (domain === undefined) return { ok: false, reason: "no-sni", hello };
  if (!isKnownDomain(domain)) return { ok: false, reason: "unknown-domain", domain, hello };
  if (received.length > hello.record.length) return { ok: false, reason: "trailing-bytes", domain };
  return { ok: true, hello, domain };
}

function checkSize(
  length: number | "not-tls" | undefined,
  limits: { readonly minBytes: number; readonly maxBytes: number },
): HelloRefusal | undefined {
  if (length === "not-tls" || length === undefined) return "not-tls";
  if (length < limits.minBytes) return "too-short";
  return length > limits.maxBytes ? "too-long" : undefined;
}

function identifyKey(hello: ClientHello, domain: string, rules: HelloRules): HelloIdentity {
  if (rules.isReplay?.(hello.random)) return { ok: false, reason: "replayed", domain };
  const match = matchKey(hello, rules.keys);
  if (match === undefined) return { ok: false, reason: "unmatched", domain };
  const fault = checkMatched(hello, match.unixTime, rules.now, rules.firstHelloAt);
  return fault === undefined ? { ok: true, domain, hello, ...match } : { ok: false, reason: fault, domain };
}

/** What is looked at last, when the key is known. Times in seconds since 1970. */
export function checkMatched(
  hello: ClientHello,
  clientTime: number,
  now: number,
  firstHelloAt?: number,
): "clock-skew" | "no-cipher" | undefined {
  if (!isAllowedTime(clientTime, now, firstHelloAt)) return "clock-skew";
  return isTls13Cipher(hello.cipher) ? undefined : "no-cipher";
}

/** The key that the hello was made with, and the time it claims. */
function matchKey(hello: ClientHello, keys: Iterable<Key>): { key: Key; unixTime: number } | undefined {
  const random = Buffer.from(hello.random);
  for (const key of keys) {
    const digest = helloDigest(hello.record, key);
    if (timingSafeEqual(digest.subarray(0, 28), random.subarray(0, 28))) {
      return { key, unixTime: (digest.readUInt32LE(28) ^ random.readUInt32LE(28)) >>> 0 };
    }
  }
  return undefined;
}

/**
 * The C proxy's window (net-tcp-rpc-ext-server.c:908): never more than 3 s ahead of the server; not older than 10 minutes, unless
 * it is newer than the first hello that the server saw, since a replay of it would be noticed. All in seconds since 1970.
 */
export function isAllowedTime(clientTime: number, now: number, firstHelloAt?: number): boolean {
  if (clientTime > now + 3) return false;
  return clientTime > now - 600 || (firstHelloAt !== undefined && clientTime > firstHelloAt + 3);
}

function isTls13Cipher(cipher: number | undefined): boolean {
  return cipher !== undefined && cipher >= 0x1301 && cipher <= 0x1303;
}

/** The parts of a ClientHello record that the handshake uses; undefined when its lengths do not add up. */
export function readClientHello(record: Uint8Array): ClientHello | undefined {
  const reader = new Reader(record);
  try {
    return readHello(reader, record);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function readHello(reader: Reader, record: Uint8Array): ClientHello | undefined {
  const head = reader.bytes(RANDOM_AT);
  const random = reader.bytes(32);
  const sessionId = reader.bytes(reader.uint8());
  const ciphers = reader.bytes(reader.uint16());
  reader.bytes(reader.uint8());
  const extensions = new Reader(reader.bytes(reader.uint16()));
  // The answer puts its extensions at fixed places, so the session id it echoes has 32 bytes.
  if (head[5] !== 0x01 || sessionId.length !== 32 || reader.left !== 0) return undefined;
  return { record, random, sessionId, cipher: firstCipher(ciphers), serverName: findServerName(extensions) };
}

function firstCipher(list: Uint8Array): number | undefined {
  for (let at = 0; at + 1 < list.length; at += 2) {
    const suite = 256 * (list[at] ?? 0) + (list[at + 1] ?? 0);
    // GREASE values are 0a0a, 1a1a … fafa; the C proxy looks at the low nibbles only.
    if ((suite & 0x0f0f) !== 0x0a0a) return suite;
  }
  return undefined;
}

function findServerName(extensions: Reader): string | undefined {
  while (extensions.left > 0) {
    const type = extensions.uint16();
    const body = new Reader(extensions.bytes(extensions.uint16()));
    if (type === 0) return readServerName(body);
  }
  return undefined;
}

/** One host name and nothing else, without a NUL in it. */
function readServerName(body: Reader): string | undefined {
  const listLength = body.uint16();
  if (listLength !== body.left || body.uint8() !== 0) return undefined;
  const name = body.bytes(body.uint16());
  return body.left === 0 && !name.includes(0) ? Buffer.from(name).toString("latin1") : undefined;
}

/** Walks over bytes; throws RangeError when they end too early. */
class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  bytes(count: number): Uint8Array {
    if (count > this.left) throw new RangeError("the hello ends too early");
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  uint8(): number {
    return this.bytes(1)[0] ?? 0;
  }

  uint16(): number {
    return 256 * this.uint8() + this.uint8();
  }
}
