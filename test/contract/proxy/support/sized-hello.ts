import type { Key } from "../../../../src/domain/key.ts";
import { buildClientHello, helloDigest, RANDOM_AT, type SentHello } from "../../../../src/protocol/client-hello.ts";

const MESSAGE_LENGTH_AT = 6;
const RECORD_LENGTH_AT = 3;

/** A client's short hello, its padding extension stretched or cut so that the record has exactly `bytes`. */
export function sizedHello(bytes: number, domain: string, key: Key, unixTime: number): SentHello {
  const hello = Buffer.from(buildClientHello({ size: "short", domain, key, unixTime }).record);
  const change = bytes - hello.length;
  const sized = change < 0 ? hello.subarray(0, change) : Buffer.concat([hello, new Uint8Array(change)]);
  const padding = findPadding(hello);
  add16(sized, RECORD_LENGTH_AT, change);
  add16(sized, MESSAGE_LENGTH_AT + 1, change);
  add16(sized, padding.extensionsAt, change);
  add16(sized, padding.lengthAt, change);
  return signed(sized, key, unixTime);
}

/** Puts the HMAC with the time into a hello that was changed. */
export function signed(record: Buffer, key: Key, unixTime: number): SentHello {
  const random = helloDigest(record, key);
  random.writeUInt32LE((random.readUInt32LE(28) ^ unixTime) >>> 0, 28);
  record.set(random, RANDOM_AT);
  return { record, random };
}

/** Where the length of all extensions and the one of the padding (the last of them) stand. */
function findPadding(hello: Buffer): { extensionsAt: number; lengthAt: number } {
  const ciphersAt = RANDOM_AT + 32 + 1 + 32;
  const extensionsAt = ciphersAt + 2 + hello.readUInt16BE(ciphersAt) + 2;
  let at = extensionsAt + 2;
  while (hello.readUInt16BE(at) !== 0x0015) at += 4 + hello.readUInt16BE(at + 2);
  return { extensionsAt, lengthAt: at + 2 };
}

function add16(bytes: Buffer, at: number, change: number): void {
  bytes.writeUInt16BE(bytes.readUInt16BE(at) + change, at);
}
