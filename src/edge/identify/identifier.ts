import { HeaderScan } from "../../protocol/header-scan.ts";
import {
  type CheckedHello,
  checkHello,
  checkMatched,
  clientHelloLength,
  type HelloRefusal,
  helloLimits,
} from "../../protocol/hello-identity.ts";
import { HEADER_BYTES, looksLikeAnotherProtocol } from "../../protocol/obfuscated2.ts";
import type { EdgeKey } from "./edge-key.ts";
import { HelloScan } from "./hello-scan.ts";
import { KeyBook } from "./key-book.ts";
import { KnownAddresses } from "./known-addresses.ts";
import { ScanQueue } from "./scan-queue.ts";
import type { StrangeReason, Verdict } from "./verdict.ts";

/** What a search found: the key's place in the book, and what else speaks against its owner. */
interface Match {
  readonly index: number;
  readonly fault?: StrangeReason;
}

type Kind = EdgeKey["family"];

/** Whole record. */
interface HelloBytes {
  readonly minBytes: number;
  readonly maxBytes: number;
}

export interface IdentifierOptions {
  readonly queue?: ScanQueue;
  /** Seconds since 1970. */
  readonly now?: () => number;
}

/**
 * Tells from the first bytes of a connection whose it is: both handshakes are keyed. A client that was here before from the same
 * address is answered at once; anybody else waits for a search through all keys.
 */
export class Identifier {
  readonly #known = new KnownAddresses();
  readonly #queue: ScanQueue;
  readonly #now: () => number;
  #helloBytes: HelloBytes = helloLimits.since2025;
  #book = new KeyBook([]);

  constructor({ queue, now }: IdentifierOptions = {}) {
    this.#queue = queue ?? new ScanQueue();
    this.#now = now ?? (() => Math.floor(Date.now() / 1000));
  }

  /** Bytes of a ClientHello that the shards' binary takes, from now on. */
  limitHellos(bytes: HelloBytes): void {
    this.#helloBytes = bytes;
  }

  /** These keys from now on; a search that is under way ends with those it began with. */
  replace(keys: readonly EdgeKey[]): void {
    this.#book = new KeyBook(keys);
  }

  /** `address`: whatever names the client's address; `received`: everything that it sent so far. */
  identify(address: string, received: Uint8Array): Verdict | Promise<Verdict> {
    if (clientHelloLength(received) !== "not-tls") return this.#identifyHello(address, received);
    if (received.length < HEADER_BYTES || looksLikeAnotherProtocol(received) || isProxyHeader(received))
      return { why: "not-mtproto" };
    return this.#identifyHeader(address, received.subarray(0, HEADER_BYTES));
  }

  #identifyHeader(address: string, header: Uint8Array): Verdict | Promise<Verdict> {
    const scan = new HeaderScan(header);
    return this.#find(address, "obfuscated", "unknown", ({ words }) => (from, to) => {
      const index = scan.find(words, from, to);
      return index < 0 ? undefined : { index };
    });
  }

  #identifyHello(address: string, received: Uint8Array): Verdict | Promise<Verdict> {
    const book = this.#book;
    const checked = checkHello(received, {
      limits: this.#helloBytes,
      isKnownDomain: (domain) => book.coverDomains.has(domain),
    });
    if (!checked.ok) return { why: REASONS[checked.reason] };
    const scan = new HelloScan(checked.hello);
    return this.#find(address, "fake-tls", "tls-unknown", ({ bytes, keys }) => (from, to) => {
      const found = scan.find(bytes, from, to);
      return found === undefined ? undefined : this.#judgeHello(checked, keys[found.index], found);
    });
  }

  #judgeHello(
    { hello, domain }: Extract<CheckedHello, { ok: true }>,
    key: EdgeKey | undefined,
    { index, unixTime }: { index: number; unixTime: number },
  ): Match {
    const fault = checkMatched(hello, unixTime, this.#now());
    if (fault !== undefined) return { index, fault: REASONS[fault] };
    const isListed = key?.family !== "fake-tls" || key.coverDomains.includes(domain);
    return isListed ? { index } : { index, fault: "unlisted-sni" };
  }

  /** First the keys that were last used from this address, then all. */
  #find(
    address: string,
    kind: Kind,
    unmatched: StrangeReason,
    tryIn: (book: KeyBook) => (from: number, to: number) => Match | undefined,
  ): Verdict | Promise<Verdict> {
    const book = this.#book;
    const tryKeys = tryIn(book);
    const tryKnown = (): Match | undefined => this.#tryKnown(address, book, tryKeys);
    const known = tryKnown();
    if (known !== undefined) return this.#judge(address, book, known, kind);
    return this.#queue.search(address, book.keys.length, tryKeys, tryKnown).then((match) => {
      if (match === "busy") return { why: "busy" };
      return match === undefined ? { why: unmatched } : this.#judge(address, book, match, kind);
    });
  }

  #tryKnown(
    address: string,
    book: KeyBook,
    tryKeys: (from: number, to: number) => Match | undefined,
  ): Match | undefined {
    for (const key of this.#known.keysOf(address)) {
      const index = book.indexOf(key);
      const match = index === undefined ? undefined : tryKeys(index, index + 1);
      if (match !== undefined) return match;
    }
    return undefined;
  }

  #judge(address: string, book: KeyBook, { index, fault }: Match, kind: Kind): Verdict {
    // What is newer than the search counts: the key may have been taken away meanwhile.
    const key = book.keys[index]?.key;
    const now = key === undefined ? undefined : this.#book.indexOf(key);
    const known = now === undefined ? undefined : this.#book.keys[now];
    if (known === undefined) return { why: "revoked" };
    const why = known.refusal ?? fault ?? (known.family === kind ? undefined : "wrong-mode");
    if (why !== undefined) return { why, holder: known.holder };
    this.#known.remember(address, known.key);
    return { why: "ok", known };
  }
}

/** PROXY protocol, versions 1 and 2: a relay that nobody listed guesses no keys. */
function isProxyHeader(received: Uint8Array): boolean {
  return PROXY_HEADERS.some((start) => start.equals(received.subarray(0, start.length)));
}

const PROXY_HEADERS = [Buffer.from("PROXY TCP"), Buffer.from("PROXY UNKNOWN"), Buffer.from("\r\n\r\n\0\r\nQUIT\n")];

const REASONS: Readonly<Record<HelloRefusal, StrangeReason>> = {
  "not-tls": "not-mtproto",
  "too-short": "hello-size",
  "too-long": "hello-size",
  malformed: "hello-form",
  "trailing-bytes": "hello-form",
  "no-cipher": "hello-form",
  "no-sni": "no-sni",
  "unknown-domain": "unlisted-sni",
  unmatched: "tls-unknown",
  replayed: "tls-unknown",
  "clock-skew": "clock-skew",
};
