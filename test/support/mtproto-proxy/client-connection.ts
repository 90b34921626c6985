import { connect, type Socket } from "node:net";
import { AppError } from "../../../src/domain/errors.ts";
import { ByteQueue } from "../../../src/protocol/byte-queue.ts";
import { encodeFrame, FrameDecoder } from "../../../src/protocol/framing.ts";
import {
  clientHelloLength,
  type HelloIdentity,
  identifyHello,
  readClientHello,
} from "../../../src/protocol/hello-identity.ts";
import { acceptHeader, HEADER_BYTES, type ObfuscatedSession } from "../../../src/protocol/obfuscated2.ts";
import { buildServerAnswer } from "../../../src/protocol/server-hello.ts";
import { CHANGE_CIPHER_SPEC, RecordDecoder, toRecords } from "../../../src/protocol/tls-records.ts";
import { acceptKeylessHeader } from "../telegram/keyless-header.ts";
import type { CoverSite } from "./cover-sites.ts";
import type { ForwardedClient } from "./forwarder.ts";
import type { Worker } from "./worker.ts";

/** Bytes after which the original looks at what it got. */
const FIRST_LOOK = 9;
/** Who has not shown a handshake by then is handed to the cover site (tcp_rpcs_ext_init_accepted). */
const SILENCE_MS = 10_000;
const MAX_MESSAGE = 262_144 * 4 - 4096;
const RECORD_HEADER_BYTES = 5;

/** A client from its first byte on, as net-tcp-rpc-ext-server.c, tcp_rpcs_compact_parse_execute treats it. */
export class ClientConnection implements ForwardedClient {
  readonly #socket: Socket;
  readonly #worker: Worker;
  /** What came and was not used yet: as it came, then without TLS. */
  readonly #raw = new ByteQueue();
  readonly #clear = new ByteQueue();
  readonly remote: { ip: string; port: number };
  readonly local: { ip: string; port: number };
  #stage: () => void;
  #records: RecordDecoder | undefined;
  #session: ObfuscatedSession | undefined;
  #frames: FrameDecoder | undefined;
  readonly #silence: NodeJS.Timeout | undefined;

  constructor(socket: Socket, worker: Worker) {
    const { remoteAddress = "", remotePort = 0, localAddress = "", localPort = 0 } = socket;
    this.#socket = socket;
    this.#worker = worker;
    this.remote = { ip: plainIp(remoteAddress), port: remotePort };
    this.local = { ip: plainIp(localAddress), port: localPort };
    this.#stage = this.#isFakeTls ? this.#readHello : this.#readHeader;
    if (this.#isFakeTls) this.#silence = setTimeout(() => this.#handOver(this.#defaultCover), SILENCE_MS);
    socket.setNoDelay(true);
    socket.on("error", () => socket.destroy());
    socket.on("data", this.#receive);
    socket.once("close", () => this.#forget());
  }

  get datacenter(): number {
    return this.#session?.datacenter ?? 0;
  }

  /** Past the obfuscation. */
  get isEncrypted(): boolean {
    return this.#session !== undefined;
  }

  deliver(message: Uint8Array): void {
    const session = this.#session;
    if (session === undefined || this.#socket.destroyed) return;
    const data = session.encrypt(encodeFrame(session.transport, message));
    this.#socket.write(this.#records === undefined ? data : toRecords(data));
  }

  end(): void {
    this.#socket.destroy();
  }

  get #isFakeTls(): boolean {
    return this.#worker.setup.covers.length > 0;
  }

  get #defaultCover(): CoverSite | undefined {
    return this.#worker.setup.covers[0];
  }

  #receive = (chunk: Uint8Array): void => {
    try {
      if (this.#records === undefined) this.#raw.push(chunk);
      else this.#clear.push(this.#records.push(chunk));
      this.#stage();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.end();
    }
  };

  #forget(): void {
    clearTimeout(this.#silence);
    this.#worker.clients.delete(this);
    this.#worker.forwarder.forget(this);
  }

  #readHello(): void {
    const received = this.#raw.view();
    if (received.length < FIRST_LOOK) return;
    const length = this.#looksLikeHello(received) ? clientHelloLength(received) : "not-tls";
    if (length === undefined || length === "not-tls") this.#handOver(this.#defaultCover);
    else if (received.length >= length) this.#greet(this.#identify(received));
  }

  #looksLikeHello(start: Uint8Array): boolean {
    const high = start[3] ?? 0;
    return (
      clientHelloLength(start) !== "not-tls" && high >= 2 && high <= this.#worker.setup.build.hello.highestLengthByte
    );
  }

  #identify(received: Uint8Array): HelloIdentity {
    const { line, build, covers } = this.#worker.setup;
    const { replays } = this.#worker;
    return identifyHello(received, {
      keys: line.keys,
      isKnownDomain: (domain) => covers.some((cover) => cover.domain === domain),
      now: Math.floor(Date.now() / 1000),
      limits: build.hello,
      isReplay: (random) => replays.isRepeated(random),
      ...(replays.firstAt === undefined ? {} : { firstHelloAt: replays.firstAt }),
    });
  }

  #greet(identity: HelloIdentity): void {
    const cover = this.#worker.setup.covers.find(({ domain }) => domain === this.#domainOf(identity));
    if (!identity.ok || this.local.port === 80 || cover === undefined) {
      this.#handOver(cover ?? this.#defaultCover);
      return;
    }
    this.#raw.skip(identity.hello.record.length);
    this.#socket.write(buildServerAnswer(identity.hello, identity.key, cover.recordBytes()));
    this.#stage = this.#readFirstRecord;
  }

  /** A hello that is too long for its key to be looked at still names a domain. */
  #domainOf(identity: HelloIdentity): string | undefined {
    const isTooLong = !identity.ok && identity.reason === "too-long";
    return isTooLong ? readClientHello(this.#raw.view())?.serverName : identity.domain;
  }

  /** The header must come whole in the first record behind the dummy ChangeCipherSpec. */
  #readFirstRecord(): void {
    const received = this.#raw.view();
    const start = CHANGE_CIPHER_SPEC.length + RECORD_HEADER_BYTES;
    if (received.length < start) return;
    const length = 256 * (received[start - 2] ?? 0) + (received[start - 1] ?? 0);
    if (received.length < start + length) return;
    if (length < HEADER_BYTES) {
      this.end();
      return;
    }
    this.#records = new RecordDecoder({ afterHandshake: true });
    this.#clear.push(this.#records.push(this.#raw.take()));
    this.#stage = this.#readHeader;
    this.#stage();
  }

  #readHeader(): void {
    const bytes = this.#records === undefined ? this.#raw : this.#clear;
    if (bytes.length < HEADER_BYTES) return;
    const session = this.#openSession(bytes.view().slice(0, HEADER_BYTES));
    if (session === undefined) this.#ignoreFromNowOn();
    else if (this.#records !== undefined && session.transport !== "padded") this.#handOver(this.#defaultCover);
    else this.#start(session, bytes);
  }

  #openSession(header: Uint8Array): ObfuscatedSession | undefined {
    const { keys, paddedOnly } = this.#worker.setup.line;
    const session = keys.length === 0 ? acceptKeylessHeader(header) : acceptHeader(header, keys)?.session;
    return paddedOnly && session?.transport !== "padded" ? undefined : session;
  }

  #start(session: ObfuscatedSession, bytes: ByteQueue): void {
    clearTimeout(this.#silence);
    this.#session = session;
    this.#frames = new FrameDecoder(session.transport, { maxBytes: MAX_MESSAGE });
    bytes.skip(HEADER_BYTES);
    this.#stage = () => this.#readFrames(session, bytes);
    this.#stage();
  }

  #readFrames(session: ObfuscatedSession, bytes: ByteQueue): void {
    const frames = this.#frames?.push(session.decrypt(bytes.take())) ?? [];
    for (const frame of frames) {
      const message = Buffer.from(frame).subarray(0, frame.length - (frame.length % 4));
      this.#worker.forwarder.forward(this, message);
    }
  }

  /** A header that no key fits: the connection stays open and is never answered. */
  #ignoreFromNowOn(): void {
    this.#stage = () => {
      this.#raw.skip(this.#raw.length);
      this.#clear.skip(this.#clear.length);
    };
  }

  /** Carries the connection, what came of it included, to the cover site as it was resolved at the start. */
  #handOver(cover: CoverSite | undefined): void {
    clearTimeout(this.#silence);
    if (cover?.ip === undefined) {
      this.#worker.setup.log.say(`failed to proxy request to ${cover?.domain ?? ""}`);
      this.end();
      return;
    }
    const site = connect({ host: cover.ip, port: this.local.port === 80 ? 80 : 443 });
    this.#worker.traffic.count(site);
    site.write(this.#records === undefined ? this.#raw.take() : this.#clear.take());
    this.#socket.off("data", this.#receive);
    join(this.#socket, site);
  }
}

/** Bytes both ways; what ends one ends the other. */
function join(client: Socket, site: Socket): void {
  for (const [from, to] of [
    [client, site],
    [site, client],
  ] as const) {
    from.pipe(to);
    from.on("error", () => from.destroy());
    from.once("close", () => to.destroy());
  }
}

function plainIp(address: string): string {
  return address.replace(/^::ffff:/, "");
}
