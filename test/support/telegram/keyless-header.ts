import { createCipheriv } from "node:crypto";
import { HEADER_BYTES, type ObfuscatedSession } from "../../../src/protocol/obfuscated2.ts";
import { transportOfTag } from "../../../src/protocol/transport.ts";

/**
 * The server's side of a header that was made without a secret: what a Telegram datacenter does, and a proxy without secrets. The
 * key material is used as it is: 32 bytes of key and 16 of counter, turned round for the way back.
 */
export function acceptKeylessHeader(header: Uint8Array): ObfuscatedSession | undefined {
  if (header.length !== HEADER_BYTES) throw new Error(`an obfuscated2 header is 64 bytes, not ${header.length}`);
  const material = header.slice(8, 56);
  const decrypt = stream(material);
  const clear = Buffer.from(decrypt(header));
  const transport = transportOfTag(clear.subarray(56, 60));
  if (transport === undefined) return undefined;
  return { transport, datacenter: clear.readInt16LE(60), decrypt, encrypt: stream(material.toReversed()) };
}

function stream(material: Uint8Array): (data: Uint8Array) => Uint8Array {
  const cipher = createCipheriv("aes-256-ctr", material.subarray(0, 32), material.subarray(32));
  return (data) => cipher.update(data);
}
