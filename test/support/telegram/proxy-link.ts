import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { type RpcAddress, rpcKeys } from "./rpc-keys.ts";
import { HANDSHAKE_PACKET, NONCE_PACKET, RpcLink, type RpcPacket } from "./rpc-link.ts";
import {
  keyName,
  type Nonce,
  readHandshake,
  readNonce,
  writeCutClient,
  writeHandshake,
  writeNonce,
} from "./rpc-packets.ts";

/** Seconds (net-tcp-rpc-server.c, tcp_rpcs_process_nonce_packet). */
const MAX_CLOCK_DIFFERENCE = 30;

/** Addresses that the keys are made with instead of those that the socket shows. */
export interface SeenAddresses {
  /** IPv4 of the middle proxy itself, which proxy-multi.conf then names. */
  readonly announce?: string;
  /** IPv4 that it takes every proxy's for, as behind a NAT. */
  readonly seesProxyAs?: string;
}

/** One proxy's connection: nonces, then a handshake under the keys made of them, then messages. */
export class ProxyLink {
  readonly #link: RpcLink;
  readonly #secret: Uint8Array;
  readonly #seen: SeenAddresses;
  isReady = false;

  constructor(socket: Socket, secret: Uint8Array, seen: SeenAddresses, onMessage: (payload: Buffer) => void) {
    this.#secret = secret;
    this.#seen = seen;
    this.#link = new RpcLink(socket, (packet) => this.#receive(packet, onMessage));
  }

  send(payload: Uint8Array): void {
    this.#link.send(payload);
  }

  cutOff(connectionId: bigint): void {
    this.send(writeCutClient(connectionId));
  }

  close(): void {
    this.#link.socket.destroy();
  }

  #receive({ number, payload }: RpcPacket, onMessage: (payload: Buffer) => void): void {
    if (number === NONCE_PACKET) this.#exchangeNonces(readNonce(payload));
    else if (number === HANDSHAKE_PACKET) this.#shakeHands(readHandshake(payload));
    else onMessage(payload);
  }

  #exchangeNonces(client: Nonce | undefined): void {
    const time = unixTime();
    if (client === undefined || !this.#isFit(client, time)) {
      this.close();
      return;
    }
    const nonce = randomBytes(16);
    this.send(writeNonce({ keyName: keyName(this.#secret), time, nonce }));
    const keys = rpcKeys({
      serverNonce: nonce,
      clientNonce: client.nonce,
      clientTime: client.time,
      secret: this.#secret,
      ...this.#ends(),
    });
    this.#link.secure(keys.server, keys.client);
  }

  #isFit(client: Nonce, time: number): boolean {
    return client.keyName === keyName(this.#secret) && Math.abs(client.time - time) <= MAX_CLOCK_DIFFERENCE;
  }

  #shakeHands(sender: Buffer | undefined): void {
    if (sender === undefined) {
      this.close();
      return;
    }
    const { server } = this.#ends();
    this.send(writeHandshake({ ...server, pid: process.pid, startTime: unixTime() }, sender));
    this.isReady = true;
  }

  #ends(): { server: RpcAddress; client: RpcAddress } {
    const { localAddress = "", localPort = 0, remoteAddress = "", remotePort = 0 } = this.#link.socket;
    return {
      server: { ip: this.#seen.announce ?? plainIp(localAddress), port: localPort },
      client: { ip: this.#seen.seesProxyAs ?? plainIp(remoteAddress), port: remotePort },
    };
  }
}

function plainIp(address: string): string {
  return address.replace(/^::ffff:/, "");
}

function unixTime(): number {
  return Math.floor(Date.now() / 1000);
}
