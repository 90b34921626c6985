import { createCipheriv, createDecipheriv } from "node:crypto";
import type { Socket } from "node:net";
import { crc32 } from "node:zlib";
import { ByteQueue } from "../../../src/protocol/byte-queue.ts";
import type { RpcKey } from "./rpc-keys.ts";

/** Number of the first packet of each side; -2 carries the nonce, -1 the handshake, from 0 on the messages follow. */
export const NONCE_PACKET = -2;
export const HANDSHAKE_PACKET = -1;

const FILLER = 4;
const BLOCK = 16;
const MAX_PACKET = 1 << 24;

export interface RpcPacket {
  readonly number: number;
  readonly payload: Buffer;
}

/**
 * One end of a link between a proxy and Telegram: packets of length, number, payload and CRC-32, after the nonces in AES-256-CBC
 * with four-byte fillers up to the block size (net-tcp-rpc-common.c, net-tcp-rpc-client.c). A packet that does not fit ends the
 * link.
 */
export class RpcLink {
  readonly socket: Socket;
  readonly #incoming = new ByteQueue();
  #encrypt: (data: Uint8Array) => Uint8Array = asIs;
  #decrypt: ((data: Uint8Array) => Uint8Array) | undefined;
  #sent = NONCE_PACKET;
  #received = NONCE_PACKET;

  constructor(socket: Socket, onPacket: (packet: RpcPacket) => void) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk) => this.#receive(chunk, onPacket));
  }

  /** Sends a payload of whole words under the next number. False when the peer is slower than we are. */
  send(payload: Uint8Array): boolean {
    if (this.socket.destroyed) return true;
    const packet = Buffer.alloc(12 + payload.length);
    packet.writeUInt32LE(packet.length, 0);
    packet.writeInt32LE(this.#sent++, 4);
    packet.set(payload, 8);
    packet.writeUInt32LE(crc32(packet.subarray(0, -4)), packet.length - 4);
    return this.socket.write(this.#encrypt(packet));
  }

  /** From the next byte on in both directions. What came already but was not used yet is encrypted too. */
  secure(outgoing: RpcKey, incoming: RpcKey): void {
    const cipher = createCipheriv("aes-256-cbc", outgoing.key, outgoing.iv).setAutoPadding(false);
    const decipher = createDecipheriv("aes-256-cbc", incoming.key, incoming.iv).setAutoPadding(false);
    this.#encrypt = (data) => cipher.update(fillUp(data));
    this.#decrypt = (data) => decipher.update(data);
    const early = this.#incoming.take();
    if (early.length > 0) this.#incoming.push(this.#decrypt(early));
  }

  #receive(chunk: Uint8Array, onPacket: (packet: RpcPacket) => void): void {
    this.#incoming.push(this.#decrypt?.(chunk) ?? chunk);
    for (let packet = this.#next(); packet !== undefined; packet = this.#next()) onPacket(packet);
  }

  #next(): RpcPacket | undefined {
    while (this.#incoming.length >= 4 && this.#length() === FILLER) this.#incoming.skip(FILLER);
    if (this.#incoming.length < 4 || this.socket.destroyed) return undefined;
    const length = this.#length();
    if (length < 16 || length % 4 !== 0 || length > MAX_PACKET) return this.#fail();
    if (this.#incoming.length < length) return undefined;
    return this.#open(Buffer.from(this.#incoming.take(length)));
  }

  #open(packet: Buffer): RpcPacket | undefined {
    const body = packet.subarray(0, -4);
    const number = packet.readInt32LE(4);
    if (crc32(body) !== packet.readUInt32LE(body.length) || number !== this.#received++) return this.#fail();
    return { number, payload: body.subarray(8) };
  }

  #length(): number {
    return Buffer.from(this.#incoming.view().subarray(0, 4)).readUInt32LE(0);
  }

  #fail(): undefined {
    this.socket.destroy();
    return undefined;
  }
}

function fillUp(data: Uint8Array): Uint8Array {
  const missing = (BLOCK - (data.length % BLOCK)) % BLOCK;
  const filler = Buffer.alloc(missing);
  for (let at = 0; at < missing; at += FILLER) filler.writeUInt32LE(FILLER, at);
  return Buffer.concat([data, filler]);
}

function asIs(data: Uint8Array): Uint8Array {
  return data;
}
