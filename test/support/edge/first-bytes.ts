import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { EdgeKey } from "../../../src/edge/identify/edge-key.ts";
import { headerOf, helloOf, helloWithoutName, newKey } from "../../unit/edge/identify/edge-keys.ts";
import type { Visitor } from "./peer.ts";

/** Who answered, and what the record says: user, why, verdict. */
export type Reception = readonly [string, string, string, string];

/** A client by what it sends first. */
export interface FirstBytes {
  readonly name: string;
  readonly pieces: readonly Uint8Array[];
  readonly pauseMs?: number;
  /** Where links of both kinds are served, and where only fake-TLS is. */
  readonly both: Reception;
  readonly hellosOnly: Reception;
}

const stranger = (why: string, user = "-"): Reception => ["site", user, why, "stranger"];
/** Handed over before anybody was asked. */
const UNASKED = stranger("-");
const now = () => Math.floor(Date.now() / 1000);

/** Every kind of client that there is a reason for: `padded` has a header, `fakeTls` a hello. */
export function firstBytes(padded: EdgeKey, fakeTls: EdgeKey): FirstBytes[] {
  const letIn: Reception = ["shard1", padded.holder, "ok", "ok"];
  const shown: Reception = ["shard2", fakeTls.holder, "ok", "ok"];
  const long = () => helloOf(fakeTls);
  const short = () => helloOf(fakeTls, { size: "short" });
  return [
    header("a header", [headerThat(padded)], letIn),
    header("a header with more behind it", [Buffer.concat([headerThat(padded), randomBytes(300)])], letIn),
    { ...header("a header byte by byte", ones(headerThat(padded)), letIn), pauseMs: 3 },
    header("a header of a stranger's", [headerThat({ key: newKey() })], stranger("unknown")),
    header("a header with a fake-TLS key", [headerThat(fakeTls)], stranger("wrong-mode", fakeTls.holder)),
    hello("a short hello", [short()], shown),
    hello("today's long hello", [long()], shown),
    { ...hello("a hello byte by byte", ones(short(), 300), shown), pauseMs: 1 },
    { ...hello("a hello in two pieces with a pause", cut(short(), 200), shown), pauseMs: 300 },
    { ...hello("a hello after its first byte", cut(long(), 1), shown), pauseMs: 100 },
    { ...hello("a long hello in fragments of a network", cut(long(), 1400), shown), pauseMs: 100 },
    hello("a hello of a stranger's", [helloOf({ key: newKey() })], stranger("tls-unknown")),
    hello(
      "a name that is not listed",
      [helloOf(fakeTls, { domain: "nowhere.example" })],
      stranger("unlisted-sni", fakeTls.holder),
    ),
    hello("a hello without a name", [helloWithoutName(fakeTls)], stranger("no-sni", fakeTls.holder)),
    hello("a clock an hour behind", [at(fakeTls, -3600)], stranger("clock-skew", fakeTls.holder)),
    hello("a clock an hour ahead", [at(fakeTls, 3600)], stranger("clock-skew", fakeTls.holder)),
    hello("a hello cut into two records", [inRecords(long(), 900)], stranger("hello-form")),
    hello("a record longer than any hello", [record(5000)], stranger("hello-size")),
    hello("a record shorter than any hello", [record(40)], stranger("hello-size")),
    hello("a record that can never be whole", [Buffer.from("160301ffff00", "hex")], UNASKED),
    hello("HTTP", [Buffer.from("GET / HTTP/1.1\r\n\r\n")], UNASKED),
    hello("SSH", [Buffer.from("SSH-2.0-OpenSSH_9.2p1\r\n")], UNASKED),
  ];
}

function hello(name: string, pieces: readonly Uint8Array[], reception: Reception): FirstBytes {
  return { name, pieces, both: reception, hellosOnly: reception };
}

/** No agent is asked where no header can be served. */
function header(name: string, pieces: readonly Uint8Array[], both: Reception): FirstBytes {
  return { name, pieces, both, hellosOnly: UNASKED };
}

/** One that does not begin like a TLS record: by its first byte alone one in 256 does. */
function headerThat(key: Pick<EdgeKey, "key">): Uint8Array {
  for (;;) {
    const bytes = headerOf(key);
    if (bytes[0] !== 0x16) return bytes;
  }
}

function at(key: EdgeKey, seconds: number): Uint8Array {
  return helloOf(key, { unixTime: now() + seconds });
}

/** `count` single bytes, and the rest in one piece. */
function ones(bytes: Uint8Array, count = bytes.length - 1): Uint8Array[] {
  return [...Array.from({ length: count }, (_, index) => bytes.subarray(index, index + 1)), bytes.subarray(count)];
}

function cut(bytes: Uint8Array, size: number): Uint8Array[] {
  return [bytes.subarray(0, size), bytes.subarray(size)];
}

/** Its extension of names has another number, and the proof fits. */
/** The same handshake message in two TLS records. */
function inRecords(bytes: Uint8Array, size: number): Uint8Array {
  const message = bytes.subarray(5);
  return Buffer.concat(
    [message.subarray(0, size), message.subarray(size)].map((part) => Buffer.concat([head(part.length), part])),
  );
}

function record(length: number): Uint8Array {
  return Buffer.concat([head(length), randomBytes(length)]);
}

function head(length: number): Buffer {
  return Buffer.from([0x16, 3, 1, length >> 8, length & 0xff]);
}

/** Who answers when it has sent everything. */
export async function inPieces(visitor: Visitor, { pieces, pauseMs = 0 }: Pick<FirstBytes, "pieces" | "pauseMs">) {
  for (const [index, piece] of pieces.entries()) {
    if (index > 0) await sleep(pauseMs);
    visitor.socket.write(piece);
  }
  const answer = await visitor.answer();
  await visitor.close();
  return answer;
}
