import { randomBytes } from "node:crypto";
import { AppError } from "../domain/errors.ts";
import type { Key } from "../domain/key.ts";
import type { FakeTlsSecret, Secret } from "../domain/secret.ts";
import { ByteQueue } from "../protocol/byte-queue.ts";
import { buildClientHello, type HelloSize, type SentHello } from "../protocol/client-hello.ts";
import { encodeFrame, FrameDecoder, invalidFrame } from "../protocol/framing.ts";
import { NONCE_BYTES, readResPq, readTransportError, reqPqMulti } from "../protocol/handshake-messages.ts";
import { type ObfuscatedSession, startObfuscated } from "../protocol/obfuscated2.ts";
import { answerShape, isGenuineAnswer } from "../protocol/server-hello.ts";
import { CHANGE_CIPHER_SPEC, RecordDecoder, toRecords } from "../protocol/tls-records.ts";
import type { ProbeSocket } from "./probe-socket.ts";

/** How a handshake ended. */
export type HandshakeEnd =
  /** Telegram's `resPQ` came back with our nonce. */
  | { readonly end: "answered" }
  /** Nothing shows that the server has the key: it closed, stayed silent, or something else answered. */
  | { readonly end: "key-refused"; readonly how: "closed" | "silent" | "foreign" }
  /** The server has the key and brings no answer from Telegram. `code` is a transport error of Telegram's. */
  | { readonly end: "no-upstream"; readonly how: "closed" | "silent" | "error"; readonly code?: number }
  /** The server has the key, and what came after it is not the protocol. */
  | { readonly end: "garbled" };

export interface HandshakeOptions {
  readonly datacenter: number;
  /** End of all waiting, milliseconds of `performance.now()`. */
  readonly until: number;
}

/** The pipe that frames travel through: bare for plain and padded, wrapped into TLS records for fake-TLS. */
interface Pipe {
  readonly wrap: (data: Uint8Array) => Uint8Array;
  readonly unwrap: (chunk: Uint8Array) => Uint8Array;
}

const BARE: Pipe = { wrap: (data) => data, unwrap: (chunk) => chunk };

/** The handshake of plain and padded clients, up to `resPQ`. Silence counts as a refused key: see `closesAtNonsense`. */
export async function shakeObfuscated(
  socket: ProbeSocket,
  secret: Secret,
  options: HandshakeOptions,
): Promise<HandshakeEnd> {
  const { header, session } = startBare(secret, options.datacenter);
  const answer = await askForPq(socket, BARE, session, header, options.until);
  if (answer === "closed" || answer === "silent") return { end: "key-refused", how: answer };
  return answer === "garbled" ? { end: "key-refused", how: "foreign" } : answer;
}

/**
 * Whether the server knows the key of a plain or padded secret, found out without its upstream: with that down a live key and a dead
 * one are both silent. At a frame length that no transport allows a live key's connection is closed at once; for a dead key it is
 * noise like the bytes before, and the connection stays (measured on the C builds: closed after 3 ms).
 */
export async function closesAtNonsense(
  socket: ProbeSocket,
  secret: Secret,
  options: HandshakeOptions,
): Promise<boolean> {
  const { header, session } = startBare(secret, options.datacenter);
  socket.send(header, session.encrypt(invalidFrame(session.transport)));
  return (await socket.receive(() => undefined, options.until)) === "closed";
}

function startBare(secret: Secret, datacenter: number): { header: Uint8Array; session: ObfuscatedSession } {
  const transport = secret.mode === "plain" ? "intermediate" : "padded";
  return startObfuscated({ transport, datacenter, key: secret.key });
}

/** A live key answers a hello at once, whatever its upstream does. */
const GREETING_MS = 5000;

/** The handshake of fake-TLS clients, up to `resPQ`. The server's answer must be signed with the key. */
export async function shakeFakeTls(
  socket: ProbeSocket,
  hello: SentHello,
  key: Key,
  options: HandshakeOptions,
): Promise<HandshakeEnd> {
  const greeting = await greet(socket, hello, key, Math.min(options.until, performance.now() + GREETING_MS));
  if (typeof greeting === "string") return { end: "key-refused", how: greeting };
  const { header, session } = startObfuscated({ transport: "padded", datacenter: options.datacenter, key });
  const records = new RecordDecoder();
  const pipe: Pipe = { wrap: toRecords, unwrap: (chunk) => records.push(chunk) };
  socket.send(CHANGE_CIPHER_SPEC);
  const answer = await askForPq(socket, pipe, session, header, options.until, greeting.rest);
  if (answer === "garbled") return { end: "garbled" };
  return answer === "closed" || answer === "silent" ? { end: "no-upstream", how: answer } : answer;
}

/** Whether the server answers this hello with a signed ServerHello; asks no more. */
export async function isHelloAccepted(
  socket: ProbeSocket,
  hello: SentHello,
  key: Key,
  until: number,
): Promise<boolean> {
  return typeof (await greet(socket, hello, key, until)) !== "string";
}

/** A ClientHello for a fake-TLS secret. `unixTime` in seconds. */
export function helloOf(secret: FakeTlsSecret, size: HelloSize, unixTime: number): SentHello {
  return buildClientHello({ size, domain: secret.domain, key: secret.key, unixTime });
}

/** Sends the hello and checks the answer. `rest` came after a signed answer; otherwise how the server refused. */
async function greet(
  socket: ProbeSocket,
  hello: SentHello,
  key: Key,
  until: number,
): Promise<{ rest: Uint8Array } | "closed" | "silent" | "foreign"> {
  const received = new ByteQueue();
  socket.send(hello.record);
  return socket.receive((chunk) => {
    received.push(chunk);
    const shape = answerShape(received.view());
    if (shape.state === "incomplete") return undefined;
    if (shape.state === "other") return "foreign";
    return isGenuineAnswer(received.take(shape.length), hello.random, key) ? { rest: received.take() } : "foreign";
  }, until);
}

/** Sends `req_pq_multi` behind the header and waits for what comes of it. */
async function askForPq(
  socket: ProbeSocket,
  pipe: Pipe,
  session: ObfuscatedSession,
  header: Uint8Array,
  until: number,
  early: Uint8Array = new Uint8Array(0),
): Promise<HandshakeEnd | "closed" | "silent" | "garbled"> {
  const nonce = randomBytes(NONCE_BYTES);
  const frame = encodeFrame(session.transport, reqPqMulti(nonce, Date.now()));
  socket.send(pipe.wrap(Buffer.concat([header, session.encrypt(frame)])));
  const frames = new FrameDecoder(session.transport);
  const read = (chunk: Uint8Array): HandshakeEnd | undefined =>
    firstEnd(frames.push(session.decrypt(pipe.unwrap(chunk))), nonce);
  try {
    return read(early) ?? (await socket.receive(read, until));
  } catch (error) {
    if (error instanceof AppError && error.kind === "invalid") return "garbled";
    throw error;
  }
}

function firstEnd(payloads: readonly Uint8Array[], nonce: Uint8Array): HandshakeEnd | undefined {
  for (const payload of payloads) {
    const code = readTransportError(payload);
    if (code !== undefined) return { end: "no-upstream", how: "error", code };
    const answer = readResPq(payload);
    if (answer !== undefined)
      return Buffer.compare(answer.nonce, nonce) === 0 ? { end: "answered" } : { end: "garbled" };
  }
  return undefined;
}
