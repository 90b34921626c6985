import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { type RpcAddress, rpcKeys } from "../telegram/rpc-keys.ts";
import { HANDSHAKE_PACKET, NONCE_PACKET, RpcLink, type RpcPacket } from "../telegram/rpc-link.ts";
import {
  keyName,
  type Nonce,
  pongFor,
  readCutClient,
  readHandshake,
  readNonce,
  readProxyAnswer,
  rpcName,
  writeHandshake,
  writeNonce,
} from "../telegram/rpc-packets.ts";
import type { TargetAddress } from "./proxy-config.ts";

export interface MiddleLinkOptions {
  readonly target: TargetAddress;
  /** proxy-secret; without it no handshake succeeds. */
  readonly secret: Uint8Array | undefined;
  /** Address to connect from. */
  readonly from?: string;
  /** `--nat-info` */
  readonly translate: (ip: string) => string;
  readonly onAnswer: (connectionId: bigint, message: Buffer) => void;
  readonly onCut: (connectionId: bigint) => void;
}

const MAX_CLOCK_DIFFERENCE = 30;
/** Milliseconds from connecting to a finished handshake (net-tcp-rpc-client.c, CONNECT_TIMEOUT). */
const HANDSHAKE_TIMEOUT_MS = 3000;

/**
 * One connection to a middle proxy, the proxy's end of it. Keys are made of the addresses that this end sees and translates; where
 * the other end sees others, the handshake never finishes and nobody says a word.
 */
export class MiddleLink {
  readonly socket: Socket;
  readonly #options: MiddleLinkOptions;
  readonly #link: RpcLink;
  readonly #nonce = { nonce: randomBytes(16), time: Math.floor(Date.now() / 1000) };
  readonly #timer: NodeJS.Timeout;
  isConnected = false;
  isSecured = false;
  isReady = false;

  constructor(options: MiddleLinkOptions) {
    const { target, from } = options;
    this.#options = options;
    this.socket = connect({
      host: target.ip,
      port: target.port,
      ...(from === undefined ? {} : { localAddress: from }),
    });
    this.#link = new RpcLink(this.socket, (packet) => this.#receive(packet));
    this.socket.once("connect", () => this.#greet());
    this.#timer = setTimeout(() => this.socket.destroy(), HANDSHAKE_TIMEOUT_MS);
    this.socket.once("close", () => clearTimeout(this.#timer));
  }

  /** False when the middle proxy is slower than we are. */
  send(payload: Uint8Array): boolean {
    return this.#link.send(payload);
  }

  #greet(): void {
    this.isConnected = true;
    const secret = this.#options.secret ?? new Uint8Array(4);
    this.send(writeNonce({ keyName: keyName(secret), ...this.#nonce }));
  }

  #receive({ number, payload }: RpcPacket): void {
    if (number === NONCE_PACKET) this.#secure(readNonce(payload));
    else if (number === HANDSHAKE_PACKET) this.#finish(readHandshake(payload));
    else this.#take(payload);
  }

  #secure(server: Nonce | undefined): void {
    const { secret } = this.#options;
    if (server === undefined || secret === undefined || !this.#fits(server, secret)) {
      this.socket.destroy();
      return;
    }
    const { nonce: clientNonce, time: clientTime } = this.#nonce;
    const keys = rpcKeys({ serverNonce: server.nonce, clientNonce, clientTime, secret, ...this.#ends() });
    this.#link.secure(keys.client, keys.server);
    this.isSecured = true;
    const self = { ip: this.#ends().client.ip, port: 0, pid: process.pid, startTime: clientTime };
    const peer = { ...this.#ends().server, pid: 0, startTime: 0 };
    this.send(writeHandshake(self, peer));
  }

  #fits(server: Nonce, secret: Uint8Array): boolean {
    return server.keyName === keyName(secret) && Math.abs(server.time - this.#nonce.time) <= MAX_CLOCK_DIFFERENCE;
  }

  #finish(handshake: Buffer | undefined): void {
    if (handshake === undefined) this.socket.destroy();
    else this.isReady = true;
    clearTimeout(this.#timer);
  }

  #take(payload: Buffer): void {
    const name = payload.readUInt32LE(0);
    if (name === rpcName.ping) this.send(pongFor(payload));
    if (name === rpcName.cutClient) this.#options.onCut(readCutClient(payload));
    if (name !== rpcName.proxyAnswer) return;
    const { connectionId, message } = readProxyAnswer(payload);
    this.#options.onAnswer(connectionId, message);
  }

  #ends(): { server: RpcAddress; client: RpcAddress } {
    const { localAddress = "", localPort = 0 } = this.socket;
    const { target, translate } = this.#options;
    return {
      server: { ip: translate(target.ip), port: target.port },
      client: { ip: translate(localAddress), port: localPort },
    };
  }
}
