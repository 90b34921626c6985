import { ipNumber, ipText } from "./rpc-keys.ts";

/** Names of the packets between a proxy and a middle proxy (net-tcp-rpc-common.h, rpc-const.h, mtproto-common.h). */
export const rpcName = {
  nonce: 0x7acb87aa,
  handshake: 0x7682eef5,
  ping: 0x5730a2df,
  pong: 0x8430eaa7,
  proxyRequest: 0x36cef1ee,
  proxyAnswer: 0x4403da0d,
  /** From the proxy: this client has gone. */
  clientGone: 0x1fcf425d,
  /** To the proxy: cut this client off. */
  cutClient: 0x5eb634a2,
} as const;

const TL_PROXY_TAG = 0xdb1e26ae;
const CRYPTO_AES = 1;
/** Bit of the request's flags: extra data with a proxy tag stands before the message. */
const FLAG_EXTRA = 8 | 4;
const REQUEST_HEAD_BYTES = 56;

/** A process as the two ends introduce themselves (pid.h). */
export interface ProcessId {
  readonly ip: string;
  readonly port: number;
  readonly pid: number;
  /** Seconds since 1970. */
  readonly startTime: number;
}

export interface Nonce {
  /** First four bytes of the secret, which name it. */
  readonly keyName: number;
  /** Seconds since 1970. */
  readonly time: number;
  readonly nonce: Uint8Array;
}

export function keyName(secret: Uint8Array): number {
  return Buffer.from(secret.subarray(0, 4)).readUInt32LE(0);
}

export function writeNonce({ keyName, time, nonce }: Nonce): Buffer {
  return Buffer.concat([words(rpcName.nonce, keyName, CRYPTO_AES, time), nonce]);
}

/** Undefined unless it is a nonce packet that asks for AES without Diffie-Hellman. */
export function readNonce(payload: Buffer): Nonce | undefined {
  if (payload.length !== 32 || payload.readUInt32LE(0) !== rpcName.nonce || payload.readUInt32LE(8) !== CRYPTO_AES) {
    return undefined;
  }
  return { keyName: payload.readUInt32LE(4), time: payload.readUInt32LE(12), nonce: payload.subarray(16) };
}

export function writeHandshake(sender: ProcessId | Buffer, peer: ProcessId | Buffer): Buffer {
  return Buffer.concat([words(rpcName.handshake, 0), processId(sender), processId(peer)]);
}

/** The sender's process id as bytes, to be sent back; undefined unless it is a handshake packet. */
export function readHandshake(payload: Buffer): Buffer | undefined {
  if (payload.length !== 32 || payload.readUInt32LE(0) !== rpcName.handshake) return undefined;
  return payload.subarray(8, 20);
}

/** A client's message on its way to Telegram. */
export interface ProxyRequest {
  readonly connectionId: bigint;
  /** Who the proxy says the client is. */
  readonly client: string;
  readonly clientPort: number;
  /** The proxy's own address for the client, translated by `--nat-info`. */
  readonly proxy: string;
  readonly proxyPort: number;
  /** 32 hex digits. */
  readonly tag?: string;
  readonly message: Buffer;
}

export function writeProxyRequest(request: ProxyRequest): Buffer {
  const extra = request.tag === undefined ? Buffer.alloc(0) : tagExtra(request.tag);
  const encrypted = request.message.readBigUInt64LE(0) !== 0n;
  const flags = 0x1000 | (encrypted ? 0 : 2) | (extra.length > 0 ? 8 : 0);
  return Buffer.concat([
    words(rpcName.proxyRequest, flags),
    int64(request.connectionId),
    endpoint(request.client, request.clientPort),
    endpoint(request.proxy, request.proxyPort),
    extra,
    request.message,
  ]);
}

function tagExtra(tag: string): Buffer {
  const extra = Buffer.concat([words(TL_PROXY_TAG), Buffer.of(16), Buffer.from(tag, "hex"), Buffer.alloc(3)]);
  return Buffer.concat([words(extra.length), extra]);
}

export function readProxyRequest(payload: Buffer): ProxyRequest {
  const hasExtra = (payload.readUInt32LE(4) & FLAG_EXTRA) !== 0;
  const extraBytes = hasExtra ? 4 + payload.readUInt32LE(REQUEST_HEAD_BYTES) : 0;
  const tag = findTag(payload.subarray(REQUEST_HEAD_BYTES, REQUEST_HEAD_BYTES + extraBytes));
  return {
    connectionId: payload.readBigUInt64LE(8),
    client: readIp(payload.subarray(16, 32)),
    clientPort: payload.readUInt32LE(32),
    proxy: readIp(payload.subarray(36, 52)),
    proxyPort: payload.readUInt32LE(52),
    ...(tag === undefined ? {} : { tag }),
    message: payload.subarray(REQUEST_HEAD_BYTES + extraBytes),
  };
}

function findTag(extra: Buffer): string | undefined {
  const isTag = extra.length >= 28 && extra.readUInt32LE(4) === TL_PROXY_TAG && extra[8] === 16;
  return isTag ? extra.toString("hex", 9, 25) : undefined;
}

export function writeProxyAnswer(connectionId: bigint, message: Uint8Array): Buffer {
  return Buffer.concat([words(rpcName.proxyAnswer, 0), int64(connectionId), message]);
}

export function readProxyAnswer(payload: Buffer): { readonly connectionId: bigint; readonly message: Buffer } {
  return { connectionId: payload.readBigUInt64LE(8), message: payload.subarray(16) };
}

export function writeClientGone(connectionId: bigint): Buffer {
  return Buffer.concat([words(rpcName.clientGone), int64(connectionId)]);
}

export function writeCutClient(connectionId: bigint): Buffer {
  return Buffer.concat([words(rpcName.cutClient), int64(connectionId)]);
}

export function readCutClient(payload: Buffer): bigint {
  return payload.readBigUInt64LE(4);
}

/** The same payload under the name of an answer to a ping. */
export function pongFor(ping: Buffer): Buffer {
  return Buffer.concat([words(rpcName.pong), ping.subarray(4)]);
}

function processId(id: ProcessId | Buffer): Buffer {
  if (Buffer.isBuffer(id)) return id;
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32LE(ipNumber(id.ip), 0);
  bytes.writeUInt16LE(id.port & 0xffff, 4);
  bytes.writeUInt16LE(id.pid & 0xffff, 6);
  bytes.writeUInt32LE(id.startTime, 8);
  return bytes;
}

/** An IPv4 address in its IPv6 form, network order, and a port. */
function endpoint(ip: string, port: number): Buffer {
  const bytes = Buffer.alloc(20);
  bytes.writeUInt16BE(0xffff, 10);
  bytes.writeUInt32BE(ipNumber(ip), 12);
  bytes.writeUInt32LE(port, 16);
  return bytes;
}

function readIp(bytes: Buffer): string {
  if (bytes.readUInt16BE(10) === 0xffff) return ipText(bytes.readUInt32BE(12));
  return Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(2 * at).toString(16)).join(":");
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => {
    bytes.writeUInt32LE(value, 4 * index);
  });
  return bytes;
}

function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}
