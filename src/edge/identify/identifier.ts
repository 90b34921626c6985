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
import { KeyBook } from "./key-book.ts";
import { KeySearch, type Search, tryKnown } from "./key-search.ts";
import { KnownAddresses } from "./known-addresses.ts";
import { type FirstBytes, type Fitting, trialOf } from "./tried-keys.ts";
import type { StrangeReason, Verdict } from "./verdict.ts";

/** What a client began with, and what its key has to be. */
interface Greeting {
  readonly first: FirstBytes;
  readonly family: EdgeKey["family"];
  /** When no key fits. */
  readonly unmatched: StrangeReason;
  /** When there was no time to look for it: `busy` when absent. */
  readonly unsearched?: StrangeReason;
  /** What else speaks against the owner of the key that fits. */
  faultOf(key: EdgeKey, fitting: Fitting): StrangeReason | undefined;
}

/** Whole record. */
interface HelloBytes {
  readonly minBytes: number;
  readonly maxBytes: number;
}

export interface IdentifierOptions {
  /** In this thread when absent. */
  readonly search?: Search;
  /** Seconds since 1970. */
  readonly now?: () => number;
}

/**
 * Tells from the first bytes of a connection whose it is: both handshakes are keyed. A client that was here before from the same
 * address is answered at once; anybody else waits for a search through all keys.
 */
export class Identifier {
  readonly #known = new KnownAddresses();
  readonly #search: Search;
  readonly #now: () => number;
  #helloBytes: HelloBytes = helloLimits.since2025;
  #book = new KeyBook([]);

  constructor({ search, now }: IdentifierOptions = {}) {
    this.#search = search ?? new KeySearch();
    this.#now = now ?? (() => Math.floor(Date.now() / 1000));
  }

  /** Bytes of a ClientHello that the shards' binary takes, from now on. */
  limitHellos(bytes: HelloBytes): void {
    this.#helloBytes = bytes;
  }

  /** These keys from now on; a search that is under way ends with those it began with. */
  replace(keys: readonly EdgeKey[]): void {
    this.#book = new KeyBook(keys);
    this.#search.replace(keys.map(({ key }) => key));
  }

  /** `address`: whatever names the client's address; `received`: everything that it sent so far. */
  identify(address: string, received: Uint8Array): Verdict | Promise<Verdict> {
    if (clientHelloLength(received) !== "not-tls") return this.#identifyHello(address, received);
    if (received.length < HEADER_BYTES || looksLikeAnotherProtocol(received) || isProxyHeader(received))
      return { why: "not-mtproto" };
    const first: FirstBytes = { kind: "header", header: received.subarray(0, HEADER_BYTES) };
    return this.#find(address, { first, family: "obfuscated", unmatched: "unknown", faultOf: () => undefined });
  }

  #identifyHello(address: string, received: Uint8Array): Verdict | Promise<Verdict> {
    const { coverDomains } = this.#book;
    const checked = checkHello(received, {
      limits: this.#helloBytes,
      isKnownDomain: (domain) => coverDomains.has(domain),
    });
    if (!checked.ok) return this.#nameStranger(address, checked);
    return this.#find(address, {
      first: { kind: "hello", record: checked.hello.record },
      family: "fake-tls",
      unmatched: "tls-unknown",
      faultOf: (key, { unixTime = 0 }) => this.#faultOfHello(checked, key, unixTime),
    });
  }

  /** Some apps name no domain, and old links another: they get in nowhere, and their owners are told by name. */
  #nameStranger(address: string, { reason, hello }: Extract<CheckedHello, { ok: false }>): Verdict | Promise<Verdict> {
    const why = REASONS[reason];
    if (hello === undefined) return { why };
    const greeting: Greeting = {
      first: { kind: "hello", record: hello.record },
      family: "fake-tls",
      unmatched: why,
      unsearched: why,
      faultOf: () => why,
    };
    return this.#find(address, greeting);
  }

  #faultOfHello(
    { hello, domain }: Extract<CheckedHello, { ok: true }>,
    { family, coverDomains }: EdgeKey,
    unixTime: number,
  ): StrangeReason | undefined {
    const fault = checkMatched(hello, unixTime, this.#now());
    if (fault !== undefined) return REASONS[fault];
    return family !== "fake-tls" || coverDomains.includes(domain) ? undefined : "unlisted-sni";
  }

  /** First the keys that were last used from this address, then all. */
  #find(address: string, greeting: Greeting): Verdict | Promise<Verdict> {
    const book = this.#book;
    const { first, unmatched, unsearched = "busy" } = greeting;
    const known = tryKnown(this.#known.keysOf(address), book.tried, trialOf(first));
    if (known !== undefined) return this.#judge(address, book, known, greeting);
    return this.#search.find(address, first).then((found) => {
      if (found === "busy") return { why: unsearched };
      return found === undefined ? { why: unmatched } : this.#judge(address, book, found, greeting);
    });
  }

  #judge(address: string, book: KeyBook, fitting: Fitting, { family, faultOf }: Greeting): Verdict {
    // What is newer than the search counts: the key may have been taken away meanwhile.
    const key = book.keys[fitting.index]?.key;
    const now = key === undefined ? undefined : this.#book.tried.indexOf(key);
    const known = now === undefined ? undefined : this.#book.keys[now];
    if (known === undefined) return { why: "revoked" };
    const why = known.refusal ?? faultOf(known, fitting) ?? (known.family === family ? undefined : "wrong-mode");
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
