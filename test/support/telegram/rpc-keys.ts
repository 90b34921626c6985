import { createHash } from "node:crypto";

/** One end of a link between a proxy and Telegram, as both ends must see it for their keys to agree. */
export interface RpcAddress {
  /** IPv4 in dots. */
  readonly ip: string;
  readonly port: number;
}

/** What both ends of a link put into its keys. A NAT in between that one end does not know of makes the two differ. */
export interface RpcSeed {
  /** 16 bytes each. */
  readonly serverNonce: Uint8Array;
  readonly clientNonce: Uint8Array;
  /** Seconds since 1970, from the client's nonce packet. */
  readonly clientTime: number;
  /** The middle proxy. */
  readonly server: RpcAddress;
  /** The proxy. */
  readonly client: RpcAddress;
  /** Contents of proxy-secret. */
  readonly secret: Uint8Array;
}

/** AES-256-CBC key (32 bytes) and first block of one direction. */
export interface RpcKey {
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
}

/** The keys of what the client and of what the server sends (net-crypto-aes.c, aes_create_keys). */
export function rpcKeys(seed: RpcSeed): { readonly client: RpcKey; readonly server: RpcKey } {
  return { client: directionKey(seed, "CLIENT"), server: directionKey(seed, "SERVER") };
}

function directionKey(seed: RpcSeed, sender: "CLIENT" | "SERVER"): RpcKey {
  const { serverNonce, clientNonce, clientTime, server, client, secret } = seed;
  const ends = Buffer.alloc(12);
  ends.writeUInt32LE(clientTime, 0);
  ends.writeUInt32LE(ipNumber(server.ip), 4);
  ends.writeUInt16LE(client.port, 8);
  const tail = Buffer.alloc(6);
  tail.writeUInt32LE(ipNumber(client.ip), 0);
  tail.writeUInt16LE(server.port, 4);
  const nonces = [serverNonce, clientNonce, ends.subarray(0, 10), Buffer.from(sender), tail];
  const text = Buffer.concat([...nonces, secret, serverNonce, clientNonce]);
  const key = Buffer.concat([hash("md5", text.subarray(1)).subarray(0, 12), hash("sha1", text)]);
  return { key, iv: hash("md5", text.subarray(2)) };
}

/** An IPv4 address as the number whose highest byte is its first part. */
export function ipNumber(ip: string): number {
  return ip.split(".").reduce((number, part) => number * 256 + Number(part), 0);
}

export function ipText(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff).join(".");
}

function hash(name: "md5" | "sha1", data: Uint8Array): Buffer {
  return createHash(name).update(data).digest();
}
