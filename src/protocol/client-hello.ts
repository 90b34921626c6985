import { createHmac, generateKeyPairSync, randomBytes, randomInt } from "node:crypto";
import type { Key } from "../domain/key.ts";

/** The generation of clients by their ClientHello: `short` up to 2025, `long` with a post-quantum key share since then. */
export type HelloSize = "short" | "long";

/** Where the 32 random bytes stand in a ClientHello record: after record header, message header and version. */
export const RANDOM_AT = 11;
const RANDOM_BYTES = 32;

/** Size of the short hello for every domain that leaves room in it; the padding extension fills it up. */
export const SHORT_HELLO_BYTES = 517;

interface HelloRequest {
  readonly size: HelloSize;
  /** Goes into SNI byte for byte: lower-case ASCII. */
  readonly domain: string;
  readonly key: Key;
  /** Seconds since 1970 that the hello claims. */
  readonly unixTime: number;
}

export interface SentHello {
  /** One whole TLS record. */
  readonly record: Uint8Array;
  /** Its random field, which the server's answer is signed with. */
  readonly random: Uint8Array;
}

/**
 * The ClientHello that Telegram's clients send in fake-TLS: a browser's, whose random field is the HMAC of the hello with the key
 * and, in its last four bytes, the time.
 */
export function buildClientHello(request: HelloRequest): SentHello {
  const record = request.size === "short" ? shortHello(request.domain) : longHello(request.domain);
  const random = helloDigest(record, request.key);
  random.writeUInt32LE((random.readUInt32LE(28) ^ request.unixTime) >>> 0, 28);
  record.set(random, RANDOM_AT);
  return { record, random };
}

/** HMAC-SHA256 of a hello record with its random field zeroed. */
export function helloDigest(record: Uint8Array, key: Key): Buffer {
  return createHmac("sha256", key.bytes())
    .update(record.subarray(0, RANDOM_AT))
    .update(new Uint8Array(RANDOM_BYTES))
    .update(record.subarray(RANDOM_AT + RANDOM_BYTES))
    .digest();
}

/** A real X25519 public key: random bytes would be told from one half of the time. */
export function x25519PublicKey(): Buffer {
  return generateKeyPairSync("x25519").publicKey.export({ type: "spki", format: "der" }).subarray(-32);
}

const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ""), "hex");

const CIPHERS_2019 = hex("1301 1302 1303 c02b c02f c02c c030 cca9 cca8 c013 c014 009c 009d 002f 0035 000a");
const CIPHERS_2025 = hex("1301 1302 1303 c02b c02f c02c c030 cca9 cca8 c013 c014 009c 009d 002f 0035");

/** Extensions by their TLS number, in the order and with the contents of the clients up to 2025. */
function shortHello(domain: string): Buffer {
  const grease = greaseValues();
  const extensions = [
    extension(grease[1]),
    serverName(domain),
    extension("0017"),
    extension("ff01", hex("00")),
    extension("000a", prefix16(grease[2], hex("001d 0017 0018"))),
    extension("000b", hex("0100")),
    extension("0023"),
    alpn(),
    extension("0005", hex("01 0000 0000")),
    extension("000d", prefix16(hex("0403 0804 0401 0503 0805 0501 0806 0601 0201"))),
    extension("0012"),
    extension("0033", prefix16(grease[2], hex("0001 00"), keyShare("001d", x25519PublicKey()))),
    extension("002d", hex("0101")),
    extension("002b", prefix8(grease[3], hex("0304 0303 0302 0301"))),
    extension("001b", hex("02 0002")),
    extension(grease[4], hex("00")),
  ];
  return padded(hello([grease[0], CIPHERS_2019], extensions), [grease[0], CIPHERS_2019], extensions);
}

/** The clients of 2025 and later: extensions shuffled as Chrome does, an ML-KEM share and a GREASE ECH extension. */
function longHello(domain: string): Buffer {
  const grease = greaseValues();
  const extensions = [
    serverName(domain),
    extension("0005", hex("01 0000 0000")),
    extension("000a", prefix16(grease[2], hex("11ec 001d 0017 0018"))),
    extension("000b", hex("0100")),
    extension("000d", prefix16(hex("0403 0804 0401 0503 0805 0501 0806 0601"))),
    alpn(),
    extension("0012"),
    extension("0017"),
    extension("001b", hex("02 0002")),
    extension("0023"),
    extension("002b", prefix8(grease[3], hex("0304 0303"))),
    extension("002d", hex("0101")),
    extension("0033", prefix16(grease[2], hex("0001 00"), hybridShare(), keyShare("001d", x25519PublicKey()))),
    extension("44cd", prefix16(prefix8(hex("6832")))),
    encryptedClientHello(),
    extension("ff01", hex("00")),
  ];
  return hello(
    [grease[0], CIPHERS_2025],
    [extension(grease[1]), ...shuffled(extensions), extension(grease[4], hex("00"))],
  );
}

/**
 * A hello that offers one key exchange group and no key for it: a server that has the group asks for one (HelloRetryRequest), any
 * other refuses. So a group can be asked for without being able to use it.
 * @param group TLS number, for instance 0x11ec for X25519MLKEM768
 */
export function buildGroupHello(domain: string, group: number): Uint8Array {
  const extensions = [
    serverName(domain),
    extension("000a", prefix16(Uint8Array.of(group >> 8, group & 0xff))),
    extension("000d", prefix16(hex("0403 0804 0401 0503 0805 0501 0806 0601"))),
    alpn(),
    extension("002b", prefix8(hex("0304"))),
    extension("002d", hex("0101")),
    extension("0033", prefix16()),
  ];
  const record = hello([hex("1301 1302 1303")], extensions);
  record.set(randomBytes(RANDOM_BYTES), RANDOM_AT);
  return record;
}

type Bytes = Uint8Array;

function hello(ciphers: readonly Bytes[], extensions: readonly Bytes[]): Buffer {
  const body = Buffer.concat([
    hex("0303"),
    new Uint8Array(RANDOM_BYTES),
    prefix8(randomBytes(32)),
    prefix16(...ciphers),
    hex("01 00"),
    prefix16(...extensions),
  ]);
  return Buffer.concat([hex("16 0301"), prefix16(hex("01 00"), prefix16(body))]);
}

/** RFC 7685: zeros that bring a hello to the size that some servers want. Left out where a long domain fills it anyway. */
function padded(plain: Buffer, ciphers: readonly Bytes[], extensions: readonly Bytes[]): Buffer {
  const missing = SHORT_HELLO_BYTES - plain.length - 4;
  return missing < 0 ? plain : hello(ciphers, [...extensions, extension("0015", new Uint8Array(missing))]);
}

function extension(type: Bytes | string, body: Bytes = new Uint8Array(0)): Buffer {
  return Buffer.concat([typeof type === "string" ? hex(type) : type, prefix16(body)]);
}

function serverName(domain: string): Buffer {
  return extension("0000", prefix16(hex("00"), prefix16(Buffer.from(domain, "latin1"))));
}

function alpn(): Buffer {
  return extension("0010", prefix16(prefix8(Buffer.from("h2")), prefix8(Buffer.from("http/1.1"))));
}

function keyShare(group: string, key: Bytes): Buffer {
  return Buffer.concat([hex(group), prefix16(key)]);
}

/** X25519MLKEM768: 768 coefficients below 3329, packed twelve bits each, a seed, and an X25519 key. */
function hybridShare(): Buffer {
  const packed = Buffer.alloc(1152);
  for (let at = 0; at < packed.length; at += 3) {
    packed.writeUIntLE(randomInt(3329) | (randomInt(3329) << 12), at, 3);
  }
  return keyShare("11ec", Buffer.concat([packed, randomBytes(32), x25519PublicKey()]));
}

/** GREASE ECH as Chrome sends it: outer hello, HKDF-SHA256 with AES-128-GCM, a payload of one of four sizes. */
function encryptedClientHello(): Buffer {
  const head = [hex("00 0001 0001"), randomBytes(1), prefix16(randomBytes(32))];
  return extension("fe0d", Buffer.concat([...head, prefix16(randomBytes(144 + 32 * randomInt(4)))]));
}

/** Five values of RFC 8701 (0a0a, 1a1a … fafa): cipher, first extension, group, version, last extension. */
function greaseValues(): [Bytes, Bytes, Bytes, Bytes, Bytes] {
  const value = (high: number): Bytes => new Uint8Array(2).fill((high << 4) | 0x0a);
  const any = (): Bytes => value(randomInt(16));
  // The two extensions must differ: no number may come twice in one hello.
  const first = randomInt(16);
  return [any(), value(first), any(), any(), value((first + randomInt(1, 16)) % 16)];
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, rank: randomInt(2 ** 32) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}

function prefix8(...parts: readonly Bytes[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Uint8Array.of(body.length), body]);
}

function prefix16(...parts: readonly Bytes[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Uint8Array.of(body.length >> 8, body.length & 0xff), body]);
}
