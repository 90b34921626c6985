import { randomBytes } from "node:crypto";
import { Key } from "../../../../src/domain/key.ts";
import type { EdgeKey } from "../../../../src/edge/identify/edge-key.ts";
import { buildClientHello, helloDigest, RANDOM_AT } from "../../../../src/protocol/client-hello.ts";
import { startObfuscated } from "../../../../src/protocol/obfuscated2.ts";

export const newKey = () => Key.fromBytes(randomBytes(16));

export function padded(holder: string, more: Partial<EdgeKey> = {}): EdgeKey {
  return { key: newKey(), holder, server: holder, shardId: 1, family: "obfuscated", coverDomains: [], ...more };
}

export function fakeTls(holder: string, more: Partial<EdgeKey> = {}): EdgeKey {
  return { ...padded(holder), shardId: 2, family: "fake-tls", coverDomains: ["www.example.org"], ...more };
}

export function headerOf({ key }: Pick<EdgeKey, "key">): Uint8Array {
  return startObfuscated({ transport: "padded", datacenter: 2, key }).header;
}

export function helloOf(
  { key }: Pick<EdgeKey, "key">,
  { size = "long" as const, domain = "www.example.org", unixTime = Math.floor(Date.now() / 1000) }: HelloOptions = {},
): Uint8Array {
  return buildClientHello({ size, domain, key, unixTime }).record;
}

/** As apps send it that name no domain: another extension stands where the name is. */
export function helloWithoutName(
  { key }: Pick<EdgeKey, "key">,
  { unixTime = Math.floor(Date.now() / 1000) } = {},
): Uint8Array {
  const bytes = Buffer.from(helloOf({ key }));
  bytes.writeUInt16BE(0x7777, bytes.indexOf("www.example.org") - 9);
  const random = helloDigest(bytes, key);
  random.writeUInt32LE((random.readUInt32LE(28) ^ unixTime) >>> 0, 28);
  bytes.set(random, RANDOM_AT);
  return bytes;
}

interface HelloOptions {
  readonly size?: "short" | "long";
  readonly domain?: string;
  readonly unixTime?: number;
}
