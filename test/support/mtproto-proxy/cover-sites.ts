import { connect, type Socket } from "node:net";
import { Key } from "../../../src/domain/key.ts";
import { ByteQueue } from "../../../src/protocol/byte-queue.ts";
import { buildClientHello } from "../../../src/protocol/client-hello.ts";
import { answerShape } from "../../../src/protocol/server-hello.ts";
import { SERVER_HELLO_BYTES } from "../server-hello-bytes.ts";
import { failAssertion } from "./fatal.ts";
import type { Log } from "./log.ts";
import type { Names } from "./names.ts";

/** What is known of a `-D` domain after the start; never looked up again. */
export interface CoverSite {
  readonly domain: string;
  /** Where strangers are handed to; absent when the name has no address. */
  readonly ip?: string;
  /** Size of the record that imitates the encrypted rest of the site's handshake. */
  recordBytes(): number;
}

const TRIES = 20;
const PATIENCE_MS = 5000;
const CIPHER_AT = 76;

/** A longer name does not fit the 517 bytes of the hello that is sent to the site. */
const LONGEST = 216;
const PLACE = "net/net-tcp-rpc-ext-server.c:379: create_request";

/** Resolves and tries every domain, one after the other, before any port opens (net-tcp-rpc-ext-server.c, update_domain_info). */
export async function probeCoverSites(
  domains: readonly string[],
  names: Names,
  log: Log,
  program: string,
): Promise<CoverSite[]> {
  const sites: CoverSite[] = [];
  for (const domain of domains) sites.push(await probe(domain, names, log, program));
  return sites;
}

async function probe(domain: string, names: Names, log: Log, program: string): Promise<CoverSite> {
  const ip = await names.resolve(domain);
  if (ip !== undefined && domain.length > LONGEST) throw failAssertion(log, program, PLACE, "padding_length >= 0");
  const sizes = ip === undefined ? undefined : await tryHandshakes(domain, ip, log);
  if (ip === undefined) log.say(`Failed to resolve host ${domain}`);
  if (sizes !== undefined) return { domain, ...(ip === undefined ? {} : { ip }), recordBytes: imitate(sizes) };
  log.say(`Failed to update response data about ${domain}, so default response settings wiil be used`);
  const size = 2500 + Math.floor(Math.random() * 1120);
  return { domain, ...(ip === undefined ? {} : { ip }), recordBytes: imitate([size - 1, size + 1]) };
}

/** One size when the site always answers with it, else one beside the largest. */
function imitate(sizes: readonly number[]): () => number {
  const [smallest, largest] = [Math.min(...sizes), Math.max(...sizes)];
  if (smallest === largest) return () => largest;
  const middle = largest - smallest <= 3 ? largest - 1 : Math.round((smallest + largest) / 2);
  return () => middle + Math.floor(Math.random() * 2) - Math.floor(Math.random() * 2);
}

async function tryHandshakes(domain: string, ip: string, log: Log): Promise<number[] | undefined> {
  const started = performance.now();
  const sockets = Array.from({ length: TRIES }, () => connect({ host: ip, port: 443 }));
  try {
    const sizes = await Promise.all(sockets.map((socket) => handshake(socket, domain)));
    const seconds = ((performance.now() - started) / 1000).toFixed(3);
    const [size, isRandom] = [sizes[0] ?? 0, new Set(sizes).size > 1 ? 1 : 0];
    log.say(
      `Successfully checked domain ${domain} in ${seconds} seconds: is_reversed_extension_order = 0, server_hello_encrypted_size = ${size}, use_random_encrypted_size = ${isRandom}`,
    );
    return sizes;
  } catch (error) {
    const { message, end } = error as ProbeFailure;
    log.say(message, end);
    return undefined;
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

class ProbeFailure extends Error {
  readonly end: string;

  constructor(message: string, end = "\n") {
    super(message);
    this.end = end;
  }
}

/** Size of the first encrypted record of a TLS 1.3 answer with TLS_AES_128_GCM_SHA256. */
function handshake(socket: Socket, domain: string): Promise<number> {
  const received = new ByteQueue();
  return new Promise((resolve, reject) => {
    const fail = (message: string, end?: string): void => reject(new ProbeFailure(message, end));
    const timer = setTimeout(() => fail(`Failed to check domain ${domain} in 5 seconds`), PATIENCE_MS);
    const unanswered = `Failed to read response header for checking domain ${domain}: Read less bytes than expected`;
    socket.once("close", () => {
      clearTimeout(timer);
      fail(unanswered);
    });
    // This message has no end of line in the original.
    socket.once("error", () => fail(`Failed to write request for checking domain ${domain}: Connection refused`, ""));
    socket.write(buildClientHello({ size: "short", domain, key: anyKey, unixTime: 0 }).record);
    socket.on("data", (chunk) => {
      received.push(chunk);
      const shape = answerShape(received.view());
      if (shape.state === "other") fail(`Not found TLS 1.3 support on domain ${domain}`);
      if (shape.state === "complete") judge(received.view(), shape.length, resolve, fail);
    });
  });
}

const anyKey = Key.parse("00".repeat(16));

function judge(
  answer: Uint8Array,
  length: number,
  accept: (recordBytes: number) => void,
  refuse: (message: string) => void,
): void {
  const isAes128 = answer[CIPHER_AT] === 0x13 && answer[CIPHER_AT + 1] === 0x01;
  if (isAes128) accept(length - SERVER_HELLO_BYTES - 6 - 5);
  else refuse("Failed to parse upstream TLS response: TLS <= 1.2: expected x25519 as a chosen cipher");
}
