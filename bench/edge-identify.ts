import { createDecipheriv, createHash, createHmac, randomBytes } from "node:crypto";
import { Key } from "../src/domain/key.ts";
import type { EdgeKey } from "../src/edge/identify/edge-key.ts";
import { HelloScan } from "../src/edge/identify/hello-scan.ts";
import { Identifier } from "../src/edge/identify/identifier.ts";
import { KeyBook } from "../src/edge/identify/key-book.ts";
import { buildClientHello, RANDOM_AT } from "../src/protocol/client-hello.ts";
import { HeaderScan } from "../src/protocol/header-scan.ts";
import { startObfuscated } from "../src/protocol/obfuscated2.ts";
import { median } from "./compare.ts";

const DOMAIN = "www.example.org";
const newKey = () => Key.fromBytes(randomBytes(16));

/** Microseconds for a client whose key is none of so many, ours and the plain loop in turn, and how they compare. */
export interface Cost {
  readonly ours: number;
  readonly plain: number;
  readonly ratio: number;
}

export interface IdentifyFigures {
  readonly users: number;
  /** Against a hash and a cipher of node:crypto for each key. */
  readonly header: Cost;
  /** Against `createHmac` for each key. */
  readonly shortHello: Cost;
  readonly longHello: Cost;
  /** A client that was here before, microseconds. */
  readonly knownHeader: number;
  readonly knownHello: number;
}

export async function measureIdentification(users: number): Promise<IdentifyFigures> {
  const people = Array.from({ length: users }, (_, index): EdgeKey => person(index));
  const book = new KeyBook(people);
  const runs = Math.max(15, Math.ceil(50_000 / users));
  return {
    users,
    header: compareCost(runs, headerCost(book)),
    shortHello: compareCost(runs, helloCost(book, "short")),
    longHello: compareCost(runs, helloCost(book, "long")),
    ...(await knownCosts(people)),
  };
}

function person(index: number): EdgeKey {
  const base = { key: newKey(), holder: `u${index}`, server: `u${index}`, shardId: 1 };
  return index % 2 === 0
    ? { ...base, family: "obfuscated", coverDomains: [] }
    : { ...base, family: "fake-tls", coverDomains: [DOMAIN] };
}

/** Both try keys `from` to `to`. */
interface Pair {
  readonly count: number;
  ours(from: number, to: number): unknown;
  plain(from: number, to: number): unknown;
}

/** Keys that one of them tries before the other does: what the machine does meanwhile meets both. */
const IN_ONE_GO = 1000;

function headerCost(book: KeyBook): Pair {
  const { header } = startObfuscated({ transport: "padded", datacenter: 2, key: newKey() });
  const seed = header.subarray(8, 40);
  const iv = header.subarray(40, 56);
  const { words, bytes, length: count } = book.tried;
  const plain = (from: number, to: number) => {
    for (const key of bytes.slice(from, to)) {
      const digest = createHash("sha256").update(seed).update(key).digest();
      const opened = createDecipheriv("aes-256-ctr", digest, iv).update(header);
      if (opened[56] === 0xdd && opened[57] === 0xdd && opened[58] === 0xdd) return key;
    }
    return undefined;
  };
  return { count, ours: (from, to) => new HeaderScan(header).find(words, from, to), plain };
}

function helloCost(book: KeyBook, size: "short" | "long"): Pair {
  const { record } = helloWith(newKey(), size);
  const proof = Buffer.from(record.subarray(RANDOM_AT, RANDOM_AT + 28));
  const { bytes, length: count } = book.tried;
  const plain = (from: number, to: number) => {
    const zeroed = Buffer.from(record);
    zeroed.fill(0, RANDOM_AT, RANDOM_AT + 32);
    for (const key of bytes.slice(from, to)) {
      const digest = createHmac("sha256", key).update(zeroed).digest();
      if (digest.subarray(0, 28).equals(proof)) return key;
    }
    return undefined;
  };
  return { count, ours: (from, to) => new HelloScan(record).find(bytes, from, to), plain };
}

/** One after the other and each first as often as second; as many turns before are for the compiler, which an agent has behind it. */
function compareCost(runs: number, pair: Pair): Cost {
  const times = { ours: [] as number[], plain: [] as number[], ratio: [] as number[] };
  for (let run = -runs; run < runs; run += 1) {
    const cost = { ours: 0, plain: 0 };
    for (let from = 0; from < pair.count; from += IN_ONE_GO) {
      const to = Math.min(pair.count, from + IN_ONE_GO);
      const order = (run + from / IN_ONE_GO) % 2 === 0 ? (["ours", "plain"] as const) : (["plain", "ours"] as const);
      for (const name of order) cost[name] += time(() => pair[name](from, to));
    }
    if (run < 0) continue;
    times.ours.push(cost.ours);
    times.plain.push(cost.plain);
    times.ratio.push(cost.ours / cost.plain);
  }
  return { ours: rounded(median(times.ours)), plain: rounded(median(times.plain)), ratio: median(times.ratio) };
}

/** After a first visit, which is a search. */
async function knownCosts(people: readonly EdgeKey[]): Promise<{ knownHeader: number; knownHello: number }> {
  const identifier = new Identifier();
  identifier.replace(people);
  const cost = async (family: EdgeKey["family"], bytesOf: (key: Key) => Uint8Array) => {
    const person = people.findLast((it) => it.family === family);
    if (person === undefined) throw new Error("the bench needs people of both kinds");
    // On a machine that has other work a search may be given up.
    for (let why = ""; why !== "ok"; ) {
      ({ why } = await identifier.identify(family, bytesOf(person.key)));
      if (why === "busy") await new Promise((later) => setTimeout(later, 500));
      else if (why !== "ok") throw new Error(`the bench's own client is ${why}`);
    }
    const samples = Array.from({ length: 400 }, () => bytesOf(person.key));
    return rounded(median(samples.map((sample) => time(() => identifier.identify(family, sample))).slice(100)));
  };
  return {
    knownHeader: await cost("obfuscated", (key) => startObfuscated({ transport: "padded", datacenter: 2, key }).header),
    knownHello: await cost("fake-tls", (key) => helloWith(key, "long").record),
  };
}

function helloWith(key: Key, size: "short" | "long") {
  return buildClientHello({ size, domain: DOMAIN, key, unixTime: Math.floor(Date.now() / 1000) });
}

/** Microseconds. */
function time(work: () => unknown): number {
  const start = performance.now();
  work();
  return 1000 * (performance.now() - start);
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
