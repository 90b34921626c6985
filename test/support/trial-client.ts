import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Key } from "../../src/domain/key.ts";
import { ByteQueue } from "../../src/protocol/byte-queue.ts";
import { buildClientHello, type HelloSize } from "../../src/protocol/client-hello.ts";
import { encodeFrame, FrameDecoder } from "../../src/protocol/framing.ts";
import { readResPq, reqPqMulti } from "../../src/protocol/handshake-messages.ts";
import { startObfuscated } from "../../src/protocol/obfuscated2.ts";
import { answerShape, isGenuineAnswer } from "../../src/protocol/server-hello.ts";
import { CHANGE_CIPHER_SPEC, RecordDecoder, toRecords } from "../../src/protocol/tls-records.ts";
import type { Transport } from "../../src/protocol/transport.ts";
import { coverDomain } from "./trial.ts";

export interface ClientOptions {
  /** 127.0.0.1 when absent. */
  readonly host?: string;
  readonly port: number;
  readonly key: Key;
  readonly transport?: Transport;
  readonly datacenter?: number;
  /** Speaks fake-TLS with a hello of this size. */
  readonly hello?: HelloSize;
}

/** A client of a proxy that a test controls to the byte: socket, messages out, messages in. */
export interface TestClient {
  readonly socket: Socket;
  send(payload: Uint8Array): void;
  /** The next message; rejects when the connection ends before, or after 10 s. */
  next(): Promise<Uint8Array>;
  /** Asks Telegram's first question and waits for its answer. */
  ask(): Promise<void>;
  /** Bytes of messages that came and were not taken. */
  readonly waiting: number;
}

/** Connects and shakes hands; the proxy has not necessarily accepted the key yet when this returns. */
export async function connectClient(options: ClientOptions): Promise<TestClient> {
  const { host = "127.0.0.1", port, key, transport = "padded", datacenter = 2, hello } = options;
  const socket = connect({ port, host, allowHalfOpen: true, noDelay: true });
  socket.on("error", () => {});
  await once(socket, "connect");
  const rest = hello === undefined ? undefined : await greet(socket, key, hello);
  const { header, session } = startObfuscated({ transport, datacenter, key });
  const records = new RecordDecoder();
  const wrap = (data: Uint8Array): Uint8Array => (rest === undefined ? data : toRecords(data));
  if (rest !== undefined) socket.write(CHANGE_CIPHER_SPEC);
  socket.write(wrap(header));
  const inbox = openInbox(socket, transport, (chunk) =>
    session.decrypt(rest === undefined ? chunk : records.push(chunk)),
  );
  if (rest !== undefined) inbox.take(rest);
  const send = (payload: Uint8Array): void => {
    socket.write(wrap(session.encrypt(encodeFrame(transport, payload))));
  };
  const ask = async (): Promise<void> => {
    const nonce = Buffer.alloc(16, 7);
    send(reqPqMulti(nonce, Date.now()));
    const answer = readResPq(await inbox.next());
    if (answer === undefined || Buffer.compare(answer.nonce, nonce) !== 0)
      throw new Error("not the answer to the question");
  };
  return {
    socket,
    send,
    ask,
    next: inbox.next,
    get waiting() {
      return inbox.waiting();
    },
  };
}

/** Sends a hello and reads the signed answer; what came after it. */
async function greet(socket: Socket, key: Key, size: HelloSize): Promise<Uint8Array> {
  const unixTime = Math.floor(Date.now() / 1000);
  const hello = buildClientHello({ size, domain: coverDomain, key, unixTime });
  socket.write(hello.record);
  const received = new ByteQueue();
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    received.push(chunk);
    const shape = answerShape(received.view());
    if (shape.state === "other") break;
    if (shape.state === "incomplete") continue;
    if (!isGenuineAnswer(received.take(shape.length), hello.random, key)) break;
    return received.take();
  }
  throw new Error("the hello was not answered by someone with the key");
}

interface Inbox {
  take(chunk: Uint8Array): void;
  next(): Promise<Uint8Array>;
  waiting(): number;
}

function openInbox(socket: Socket, transport: Transport, decrypt: (chunk: Uint8Array) => Uint8Array): Inbox {
  const frames = new FrameDecoder(transport);
  const messages: Uint8Array[] = [];
  let wake = (): void => {};
  const take = (chunk: Uint8Array): void => {
    messages.push(...frames.push(decrypt(chunk)));
    wake();
  };
  socket.on("data", take);
  socket.on("end", () => wake());
  socket.on("close", () => wake());
  const next = async (): Promise<Uint8Array> => {
    const deadline = performance.now() + 10_000;
    for (;;) {
      const message = messages.shift();
      if (message !== undefined) return message;
      if (socket.readableEnded || socket.destroyed) throw new Error("the connection ended");
      if (performance.now() > deadline) throw new Error("no message came");
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1_000);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };
  return { take, next, waiting: () => messages.reduce((sum, { length }) => sum + length, 0) };
}

/** Resolves when the peer has closed the connection; rejects after `timeoutMs`. */
export async function closed(socket: Socket, timeoutMs = 5_000): Promise<void> {
  socket.on("error", () => {});
  socket.resume();
  if (socket.destroyed || socket.readableEnded) return;
  const signal = AbortSignal.timeout(timeoutMs);
  await Promise.race([once(socket, "end", { signal }), once(socket, "close", { signal })]);
}

/** A bare connection. */
export async function connectRaw(port: number, bytes?: Uint8Array): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
  socket.on("error", () => {});
  await once(socket, "connect");
  if (bytes !== undefined) socket.write(bytes);
  return socket;
}
