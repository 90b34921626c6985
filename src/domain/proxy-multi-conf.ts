import { AppError } from "./errors.ts";

/** A middle proxy of Telegram's, to which the C proxy forwards. IPv6 stands without brackets. */
export interface ProxyTarget {
  readonly host: string;
  readonly port: number;
}

/** What proxy-multi.conf says: which middle proxies serve which datacenter. */
export interface ProxyMultiConf {
  /** Datacenter whose targets serve clients of every one that is not listed. The C proxy takes 0 where the file says none. */
  readonly defaultDatacenter: number;
  /** In the order of the file. Negative ids are the media twins of the positive ones; `proxy` lines are datacenter 0. */
  readonly datacenters: ReadonlyMap<number, readonly ProxyTarget[]>;
}

/** Limits of the C proxy (mtproto/mtproto-config.h and common/parse-config.c). */
const MAX_BYTES = 16 << 20;
const MAX_TARGETS = 4096;
const MAX_DATACENTERS = 1024;
const MAX_HOST = 63;

/** What the parser knows half-way through a file. `min` and `max` start with the C proxy's defaults. */
interface Draft {
  defaultDatacenter: number;
  readonly datacenters: Map<number, ProxyTarget[]>;
  targets: number;
  lastDatacenter: number | undefined;
  minConnections: number;
  maxConnections: number;
}

/**
 * Reads proxy-multi.conf by the grammar of the C proxy (mtproto/mtproto-config.c, parse_config): what it refuses is refused here.
 * Bytes after a NUL, which it ignores silently, and addresses that it would look up in DNS in vain are refused too.
 * @param text one character a byte (latin1), so that the limits are those of the C proxy
 * @throws AppError invalid with the line
 */
export function parseProxyMultiConf(text: string): ProxyMultiConf {
  const reader = new Reader(text);
  reader.refuseForeign();
  const draft: Draft = {
    defaultDatacenter: 0,
    datacenters: new Map(),
    targets: 0,
    lastDatacenter: undefined,
    minConnections: 4,
    maxConnections: 8,
  };
  for (reader.skipSpace(); !reader.atEnd; reader.skipSpace()) readStatement(reader, draft);
  if (draft.targets === 0) throw reader.error("it lists no proxies");
  return { defaultDatacenter: draft.defaultDatacenter, datacenters: draft.datacenters };
}

/** Distinct `host:port` pairs: what the C proxy counts as declared targets. */
export function countTargets({ datacenters }: ProxyMultiConf): number {
  return new Set([...datacenters.values()].flat().map(({ host, port }) => `${host} ${port}`)).size;
}

/** Longer words first: `proxy` begins `proxy_for`. As in the C proxy, no blank is needed before a number. */
const KEYWORD = /min_connections|max_connections|proxy_for|proxy|timeout|default/y;

function readStatement(reader: Reader, draft: Draft): void {
  switch (reader.take(KEYWORD)) {
    case "default":
      draft.defaultDatacenter = readDatacenter(reader);
      break;
    case "proxy_for":
      addTarget(reader, draft, readProxyDatacenter(reader));
      break;
    case "proxy":
      addTarget(reader, draft, 0);
      break;
    case "timeout":
      readNumber(reader, "timeout", 10, 30_000);
      break;
    case "min_connections":
      draft.minConnections = readNumber(reader, "min_connections", 1, draft.maxConnections);
      break;
    case "max_connections":
      draft.maxConnections = readNumber(reader, "max_connections", draft.minConnections, 1000);
      break;
    default:
      throw reader.error("unknown word");
  }
  reader.expect(";");
}

function readNumber(reader: Reader, name: string, min: number, max: number): number {
  const value = Number(reader.takeAfterBlanks(/\d+/y) ?? Number.NaN);
  if (!(value >= min && value <= max)) throw reader.error(`${name} is a number from ${min} to ${max}`);
  return value;
}

function readDatacenter(reader: Reader): number {
  const value = Number(reader.takeAfterBlanks(/-?\d+/y) ?? Number.NaN);
  if (!(value >= -0x8000 && value < 0x8000)) throw reader.error("a datacenter is a number from -32768 to 32767");
  return value + 0;
}

function readProxyDatacenter(reader: Reader): number {
  const datacenter = readDatacenter(reader);
  if (reader.take(/[ \t]+/y) === undefined) throw reader.error("a blank must follow the datacenter");
  return datacenter;
}

function addTarget(reader: Reader, draft: Draft, datacenter: number): void {
  // In this order in the C proxy: the line after the 1024th datacenter is refused even if it continues that one.
  if (draft.datacenters.size >= MAX_DATACENTERS) throw reader.error(`more than ${MAX_DATACENTERS} datacenters`);
  if (draft.targets >= MAX_TARGETS) throw reader.error(`more than ${MAX_TARGETS} proxies`);
  const target = readTarget(reader);
  const listed = draft.datacenters.get(datacenter);
  if (listed !== undefined && draft.lastDatacenter !== datacenter) {
    throw reader.error(`the lines of datacenter ${datacenter} must stand together`);
  }
  if (listed === undefined) draft.datacenters.set(datacenter, [target]);
  else listed.push(target);
  draft.lastDatacenter = datacenter;
  draft.targets += 1;
}

function readTarget(reader: Reader): ProxyTarget {
  const word = reader.takeAfterBlanks(/\[[\w.:-]+\]|[\w.-]+/y);
  if (word === undefined || word.length > MAX_HOST || !isHost(word)) throw reader.error("an address is expected");
  reader.expect(":");
  return { host: word.replace(/^\[|\]$/g, ""), port: readNumber(reader, "a port", 1, 65_535) };
}

/** IPv4 in full, IPv6 in brackets, or a name. Digits and dots that are no address would be looked up as a name in vain. */
function isHost(word: string): boolean {
  if (word.startsWith("[")) return URL.canParse(`http://${word}/`);
  if (!/^[\d.]+$/.test(word)) return true;
  const parts = word.split(".");
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
}

/** A place in the text. */
class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  /** Stops at what cannot be this file at all. */
  refuseForeign(): void {
    if (this.#text.length > MAX_BYTES) throw this.error("it is larger than 16 MiB");
    if (this.#text.trim() === "") throw this.error("it is empty");
    if (/^\s*</.test(this.#text)) throw this.error("this is a web page");
    this.#at = Math.max(0, this.#text.indexOf("\0"));
    if (this.#text.includes("\0")) throw this.error("it holds a NUL byte");
  }

  /** Blanks, line ends and comments. */
  skipSpace(): void {
    this.take(/(?:[ \t\r\n]|#[^\n]*)+/y);
  }

  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  takeAfterBlanks(pattern: RegExp): string | undefined {
    this.take(/[ \t]+/y);
    return this.take(pattern);
  }

  expect(mark: ";" | ":"): void {
    this.skipSpace();
    if (this.#text[this.#at] !== mark) throw this.error(`"${mark}" is expected`);
    this.#at += 1;
  }

  error(what: string): AppError {
    const line = this.#text.slice(0, this.#at).split("\n").length;
    const near = this.#text
      .slice(this.#at, this.#at + 20)
      .split(/[\r\n]/)[0]
      ?.replace(/[^\x20-\x7e]/g, "?");
    const place = near === undefined || near === "" ? "" : ` near "${near}"`;
    return new AppError("invalid", `proxy-multi.conf, line ${line}: ${what}${place}`);
  }
}
