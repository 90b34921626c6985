import { createRequire } from "node:module";
import * as current from "@mtcute/node";
import * as earlier from "mtcute-0.27";

/**
 * The client library of two generations: 0.30.3 sends the ClientHello of about 1,750 bytes that current Telegram apps send, 0.27.9
 * the one of 517 bytes.
 */
export const mtcuteVersions = ["0.30.3", "0.27.9"] as const;
export type MtcuteVersion = (typeof mtcuteVersions)[number];

export interface MtcuteConnection {
  /** From the start of the client until it went on with the server's answer. */
  readonly milliseconds: number;
  /** TCP connections that the client made until then; more than one means that some failed. */
  readonly connections: number;
}

const REQ_PQ_MULTI = 0xbe7e8ef1;
const RES_PQ = 0x05162463;
const REQ_DH_PARAMS = 0xd712e4be;

/**
 * Connects a real client that is given nothing but a proxy link. Resolves when the client itself has taken Telegram's first answer:
 * its codec decoded a `resPQ` with the nonce of its own `req_pq_multi`, and it went on with `req_DH_params` for that nonce (so the
 * other side must offer an RSA key that clients know, and a `pq` that factors). Rejects with the client's last words when that
 * does not happen within `timeoutMs` (10 s). The session is in memory, no other address is contacted, everything is closed.
 */
export async function connectMtcute(
  version: MtcuteVersion,
  link: string,
  options: { readonly timeoutMs?: number } = {},
): Promise<MtcuteConnection> {
  const started = performance.now();
  const progress = watchProgress();
  const client = version === "0.30.3" ? startCurrent(link, progress) : startEarlier(link, progress);
  const timer = setTimeout(() => progress.giveUp(version), options.timeoutMs ?? 10_000);
  try {
    // `connect` waits for the whole key exchange, which nobody here finishes.
    client.connect().catch((error: unknown) => progress.note(String(error)));
    await progress.done;
    return { milliseconds: Math.round(performance.now() - started), connections: progress.connections() };
  } finally {
    clearTimeout(timer);
    await client.destroy();
  }
}

/** Version of an installed package, so that a test can say that it runs what it names. */
export function installedVersion(name: "@mtcute/node" | "mtcute-0.27"): string {
  const require = createRequire(import.meta.url);
  const { version } = require(require.resolve(name).replace(/index\.cjs$/, "package.json")) as { version: string };
  return version;
}

const login = { apiId: 1, apiHash: "0".repeat(32), logLevel: 0, updates: false } as const;

function startCurrent(link: string, progress: Progress): Client {
  const transport = watched(current.proxyTransportFromUrl(link), progress);
  return new current.BaseTelegramClient({ ...login, transport, storage: new current.MemoryStorage() });
}

function startEarlier(link: string, progress: Progress): Client {
  const transport = watched(earlier.proxyTransportFromUrl(link), progress);
  return new earlier.BaseTelegramClient({ ...login, transport, storage: new earlier.MemoryStorage() });
}

interface Client {
  connect(): Promise<void>;
  destroy(): Promise<void>;
}

/** What goes in and out of the client's own codec: whole messages, before they are obfuscated and after they were read. */
interface Progress {
  readonly done: Promise<void>;
  readonly connected: () => void;
  readonly connections: () => number;
  readonly sent: (message: Uint8Array) => void;
  readonly received: (message: Uint8Array) => void;
  readonly note: (words: string) => void;
  readonly giveUp: (version: string) => void;
}

function watchProgress(): Progress {
  const asked = new Set<string>();
  const answered = new Set<string>();
  let connections = 0;
  let lastWords = "";
  let resolve: () => void = () => {};
  let reject: (error: Error) => void = () => {};
  const done = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  const note = (words: string): void => {
    lastWords = words;
  };
  return {
    done,
    note,
    connected: () => {
      connections += 1;
    },
    connections: () => connections,
    sent: (message) => {
      const { name, nonce } = plainMessage(message);
      if (name === REQ_PQ_MULTI) asked.add(nonce);
      if (name === REQ_DH_PARAMS && answered.has(nonce)) resolve();
    },
    received: (message) => {
      const { name, nonce } = plainMessage(message);
      if (name === RES_PQ && asked.has(nonce)) answered.add(nonce);
    },
    giveUp: (version) => {
      const reached = answered.size > 0 ? "got resPQ and did not go on" : "got no resPQ";
      reject(new Error(`mtcute ${version} ${reached} (connections: ${connections}) ${lastWords}`));
    },
  };
}

/** Constructor and nonce of an unencrypted message: they follow 8 zero bytes, message id and length. */
function plainMessage(message: Uint8Array): { name: number; nonce: string } {
  const bytes = Buffer.from(message);
  if (bytes.length < 40 || bytes.readBigUInt64LE(0) !== 0n) return { name: 0, nonce: "" };
  return { name: bytes.readUInt32LE(20), nonce: bytes.toString("hex", 24, 40) };
}

interface Codec<In, Out> {
  decode(reader: In, eof: boolean): Uint8Array | null | Promise<Uint8Array | null>;
  encode(frame: Uint8Array, into: Out): void | Promise<void>;
}

interface Transport<Dc, Connection, In, Out> {
  connect(dc: Dc): Promise<Connection>;
  packetCodec(dc: Dc): Codec<In, Out>;
}

/** The library's own transport, unchanged but for an ear at its codec and at `connect`. */
function watched<Dc, Connection, In, Out, T extends Transport<Dc, Connection, In, Out>>(
  transport: T,
  progress: Progress,
): T {
  const packetCodec = transport.packetCodec.bind(transport);
  const connect = transport.connect.bind(transport);
  transport.packetCodec = (dc) => listen(packetCodec(dc), progress);
  transport.connect = (dc) => {
    progress.connected();
    return noting(connect(dc), progress);
  };
  return transport;
}

function listen<In, Out, C extends Codec<In, Out>>(codec: C, progress: Progress): C {
  const decode = codec.decode.bind(codec);
  const encode = codec.encode.bind(codec);
  codec.decode = async (reader, eof) => {
    const message = await noting(decode(reader, eof), progress);
    if (message !== null) progress.received(message);
    return message;
  };
  codec.encode = (frame, into) => {
    progress.sent(frame);
    return encode(frame, into);
  };
  return codec;
}

/** Lets a failure through and remembers its words: the library itself only tries again. */
async function noting<T>(work: T | Promise<T>, progress: Progress): Promise<T> {
  try {
    return await work;
  } catch (error) {
    progress.note(String(error));
    throw error;
  }
}
