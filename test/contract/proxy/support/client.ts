import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { AppError } from "../../../../src/domain/errors.ts";
import type { Key } from "../../../../src/domain/key.ts";
import { ByteQueue } from "../../../../src/protocol/byte-queue.ts";
import { buildClientHello, type HelloSize, type SentHello } from "../../../../src/protocol/client-hello.ts";
import { encodeFrame, FrameDecoder, invalidFrame } from "../../../../src/protocol/framing.ts";
import { readResPq, reqPqMulti } from "../../../../src/protocol/handshake-messages.ts";
import { type ObfuscatedSession, startObfuscated } from "../../../../src/protocol/obfuscated2.ts";
import { answerShape, isGenuineAnswer } from "../../../../src/protocol/server-hello.ts";
import { CHANGE_CIPHER_SPEC, RecordDecoder, toRecords } from "../../../../src/protocol/tls-records.ts";
import type { Transport } from "../../../../src/protocol/transport.ts";
import { sizedHello } from "./sized-hello.ts";

/** What came of something that was sent. */
export type Outcome = "answered" | "silent" | "closed" | "other";

/** Long enough for an answer on a busy machine. */
const ANSWER_MS = 10_000;
/** Long enough to say that nothing comes: answers take milliseconds. */
export const SILENCE_MS = 600;

interface Where {
  readonly host?: string;
  readonly from?: string;
  /** Is given the socket, and ends it; the test does when absent. */
  readonly keep?: (socket: Socket) => void;
}

/** A connection whose every byte the test decides on. */
export class Wire {
  readonly socket: Socket;
  readonly #inbox = new ByteQueue();
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk) => {
      this.#inbox.push(chunk);
      this.#wake();
    });
    for (const event of ["end", "error", "close"]) socket.on(event, () => this.#wake());
  }

  static async open(port: number, where: Where = {}): Promise<Wire> {
    const { host = "127.0.0.1", from, keep = endWithTest } = where;
    const socket = connect({ port, host, ...(from === undefined ? {} : { localAddress: from }) });
    keep(socket);
    const wire = new Wire(socket);
    await once(socket, "connect");
    return wire;
  }

  get isClosed(): boolean {
    return this.socket.readableEnded || this.socket.destroyed;
  }

  send(...parts: readonly Uint8Array[]): void {
    if (!this.socket.destroyed) this.socket.write(Buffer.concat(parts));
  }

  /** Everything that came and was not taken yet. */
  take(): Uint8Array {
    return this.#inbox.take();
  }

  /** Waits for bytes or the end of the connection. */
  async hear(timeoutMs: number = SILENCE_MS): Promise<"bytes" | "closed" | "silent"> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      if (this.#inbox.length > 0) return "bytes";
      if (this.isClosed) return "closed";
      const left = deadline - performance.now();
      if (left <= 0) return "silent";
      await this.#news(left);
    }
  }

  /** Milliseconds until the other side closes; undefined when it does not in time. */
  async closing(timeoutMs: number): Promise<number | undefined> {
    const since = performance.now();
    while (!this.isClosed && performance.now() - since < timeoutMs) {
      this.take();
      await this.#news(timeoutMs - (performance.now() - since));
    }
    return this.isClosed ? performance.now() - since : undefined;
  }

  #news(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function endWithTest(socket: Socket): void {
  onTestFinished(() => void socket.destroy());
}

export interface ClientOptions extends Where {
  readonly port: number;
  /** Absent for a proxy without keys. */
  readonly key?: Key;
  readonly transport?: Transport;
  readonly datacenter?: number;
}

/** A client past its handshake, as far as it can tell. */
export class ProxyClient {
  readonly wire: Wire;
  readonly #session: ObfuscatedSession;
  readonly #frames: FrameDecoder;
  readonly #records: RecordDecoder | undefined;
  /** Nonces that were asked with and not answered yet, in hex. */
  readonly #asked = new Set<string>();

  private constructor(wire: Wire, session: ObfuscatedSession, isTls: boolean) {
    this.wire = wire;
    this.#session = session;
    this.#frames = new FrameDecoder(session.transport);
    this.#records = isTls ? new RecordDecoder() : undefined;
  }

  static async connect(options: ClientOptions): Promise<ProxyClient> {
    return ProxyClient.over(await Wire.open(options.port, options), options);
  }

  /** On a connection where a fake-TLS hello was answered when `isTls`. */
  static over(wire: Wire, options: Omit<ClientOptions, "port">, isTls = false): ProxyClient {
    const { key, transport = "padded", datacenter = 2 } = options;
    const { header, session } = startObfuscated({ transport, datacenter, ...(key === undefined ? {} : { key }) });
    const client = new ProxyClient(wire, session, isTls);
    wire.send(isTls ? Buffer.concat([CHANGE_CIPHER_SPEC, toRecords(header)]) : header);
    return client;
  }

  /** Asks Telegram's first question. Answers to earlier ones may still come before. */
  async ask(timeoutMs: number = ANSWER_MS): Promise<Outcome> {
    const nonce = randomBytes(16);
    this.#asked.add(nonce.toString("hex"));
    this.send(encodeFrame(this.#session.transport, reqPqMulti(nonce, Date.now())));
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const heard = await this.wire.hear(deadline - performance.now());
      if (heard !== "bytes") return heard;
      const outcome = this.#read(nonce);
      if (outcome !== undefined) return outcome;
    }
  }

  /** A frame whose length no transport allows. */
  sendInvalidFrame(): void {
    this.send(invalidFrame(this.#session.transport));
  }

  send(bytes: Uint8Array): void {
    const data = this.#session.encrypt(bytes);
    this.wire.send(this.#records === undefined ? data : toRecords(data));
  }

  close(): void {
    this.wire.socket.destroy();
  }

  #read(nonce: Buffer): Outcome | undefined {
    try {
      const bytes = this.wire.take();
      const clear = this.#session.decrypt(this.#records?.push(bytes) ?? bytes);
      const answers = this.#frames.push(clear).map((payload) => Buffer.from(readResPq(payload)?.nonce ?? []));
      if (!answers.every((answer) => this.#asked.delete(answer.toString("hex")))) return "other";
      return answers.some((answer) => answer.equals(nonce)) ? "answered" : undefined;
    } catch (error) {
      if (error instanceof AppError) return "other";
      throw error;
    }
  }
}

export interface HelloOptions {
  readonly domain: string;
  readonly key: Key;
  /** A client generation's, or exactly so many bytes. */
  readonly size?: HelloSize | number;
  /** Seconds that the client's clock is ahead. */
  readonly ahead?: number;
}

export function makeHello({ domain, key, size = "short", ahead = 0 }: HelloOptions): SentHello {
  const unixTime = Math.floor(Date.now() / 1000) + ahead;
  return typeof size === "number"
    ? sizedHello(size, domain, key, unixTime)
    : buildClientHello({ size, domain, key, unixTime });
}

/** What a hello is answered with: `signed` by someone who has the key, `other` by anybody else. */
export type Greeting = "signed" | "silent" | "closed" | "other";

export async function greet(wire: Wire, hello: SentHello, key: Key, timeoutMs: number = ANSWER_MS): Promise<Greeting> {
  const received = new ByteQueue();
  wire.send(hello.record);
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const heard = await wire.hear(deadline - performance.now());
    if (heard !== "bytes") return heard;
    received.push(wire.take());
    const shape = answerShape(received.view());
    if (shape.state === "other") return "other";
    if (shape.state === "complete")
      return isGenuineAnswer(received.take(shape.length), hello.random, key) ? "signed" : "other";
  }
}

/** A fake-TLS client: hello, checked answer, and what follows. Rejects unless the answer is signed. */
export async function connectFakeTls(options: ClientOptions & HelloOptions): Promise<ProxyClient> {
  const wire = await Wire.open(options.port, options);
  const greeting = await greet(wire, makeHello(options), options.key);
  if (greeting !== "signed") throw new Error(`the hello was met with: ${greeting}`);
  return ProxyClient.over(wire, options, true);
}
