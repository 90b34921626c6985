import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Log } from "./log.ts";
import type { Names } from "./names.ts";

export interface TargetAddress {
  readonly ip: string;
  readonly port: number;
}

/** A proxy-multi.conf that was read whole. */
export interface ProxyConfig {
  /** Datacenter → its proxies in the order of the file. */
  readonly clusters: ReadonlyMap<number, readonly TargetAddress[]>;
  readonly defaultCluster: number;
  readonly bytes: number;
  readonly md5: string;
  readonly loadedAt: number;
}

/** The file cannot be used; what there is to say was said. `code` is what the original's function returns. */
export class BadConfig extends Error {
  readonly code: -1 | -2;

  constructor(code: -1 | -2) {
    super(`configuration refused (${code})`);
    this.code = code;
  }
}

const MAX_BYTES = 16 << 20;
const MAX_TARGETS = 4096;
const MAX_CLUSTERS = 1024;

/** Reads a configuration file and says what is wrong with it as the original does (mtproto-config.c, parse-config.c). */
export async function readProxyConfig(file: string, names: Names, log: Log): Promise<ProxyConfig> {
  const bytes = readConfigFile(file, log);
  names.reload();
  try {
    const parser = new Parser(bytes, file, names, log);
    const { clusters, defaultCluster } = await parser.parse();
    const md5 = createHash("md5").update(bytes).digest("hex");
    return { clusters, defaultCluster, bytes: bytes.length, md5, loadedAt: Math.floor(Date.now() / 1000) };
  } catch (error) {
    if (error instanceof BadConfig) sayNotApplied(file, log);
    throw error;
  }
}

function readConfigFile(file: string, log: Log): Buffer {
  try {
    const bytes = readFileSync(file);
    if (bytes.length <= MAX_BYTES) return bytes;
    log.raw(`configuration file (null) too long (max ${MAX_BYTES} bytes)\n`);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (code !== "EISDIR") {
      log.say(
        `cannot re-read config file ${file}: ${code === "EACCES" ? "Permission denied" : "No such file or directory"}`,
      );
      throw new BadConfig(-1);
    }
    log.raw("error reading configuration file (null): Is a directory\n");
  }
  sayNotApplied(file, log);
  throw new BadConfig(-2);
}

function sayNotApplied(file: string, log: Log): void {
  log.say(`error while re-reading config file ${file}, new configuration NOT applied`);
}

class Parser {
  readonly #text: string;
  readonly #file: string;
  readonly #names: Names;
  readonly #log: Log;
  readonly #clusters = new Map<number, TargetAddress[]>();
  #at = 0;
  /** Newlines passed; the first line has no number in messages. */
  #line = 0;
  #targets = 0;
  #last: number | undefined;
  #defaultCluster = 0;
  #minConnections = 4;
  #maxConnections = 8;

  constructor(bytes: Buffer, file: string, names: Names, log: Log) {
    // What stands after a NUL does not exist for the original.
    this.#text = bytes.toString("latin1").split("\0", 1)[0] ?? "";
    this.#file = file;
    this.#names = names;
    this.#log = log;
  }

  async parse(): Promise<Pick<ProxyConfig, "clusters" | "defaultCluster">> {
    for (let word = this.#lexeme(); word !== ""; word = this.#lexeme()) {
      await this.#directive(word);
      if (this.#lexeme() !== ";") this.#fail("; expected");
    }
    if (this.#targets === 0) this.#fail("expected to find a mtproto-proxy configuration with `proxy' directives");
    return { clusters: this.#clusters, defaultCluster: this.#defaultCluster };
  }

  async #directive(word: string): Promise<void> {
    if (word === "proxy_for") await this.#proxy(this.#clusterId(true));
    else if (word === "proxy") await this.#proxy(0);
    else if (word === "default") this.#defaultCluster = this.#clusterId(false);
    else if (word === "timeout") this.#number(10, 30_000, "invalid timeout");
    else if (word === "min_connections")
      this.#minConnections = this.#number(1, this.#maxConnections, "invalid min connections");
    else if (word === "max_connections")
      this.#maxConnections = this.#number(this.#minConnections, 1000, "invalid max connections");
    else this.#fail("'proxy <ip>:<port>;' expected");
  }

  #clusterId(isProxy: boolean): number {
    this.#skipBlanks();
    const text = this.#match(/-?\d+/y);
    const id = Number(text ?? Number.NaN);
    if (!(id >= -0x8000 && id < 0x8000)) this.#fail("invalid target id (integer -32768..32767 expected)");
    if (isProxy && !/[ \t]/.test(this.#text.charAt(this.#at))) this.#fail("space expected after target id");
    return id;
  }

  async #proxy(cluster: number): Promise<void> {
    if (this.#clusters.size >= MAX_CLUSTERS) this.#fail("too many auth clusters");
    const target = await this.#target();
    const known = this.#clusters.get(cluster);
    if (known !== undefined && this.#last !== cluster) this.#fail(`proxies for dc ${cluster} intermixed`);
    this.#clusters.set(cluster, [...(known ?? []), target]);
    this.#last = cluster;
  }

  async #target(): Promise<TargetAddress> {
    if (this.#targets >= MAX_TARGETS) this.#fail(`too many targets (${this.#targets})`);
    this.#skipBlanks();
    const start = this.#at;
    const name = this.#match(/\[[\w.:-]*\]?|[\w.-]*/y) ?? "";
    if (name === "" || name.length > 63) this.#fail("hostname expected", this.#text.slice(start));
    const ip = await this.#names.resolve(name);
    if (ip === undefined) this.#fail(`cannot resolve '${name}'\n`, name);
    if (this.#lexeme() !== ":") this.#fail(": expected");
    const port = this.#port();
    this.#targets++;
    return { ip, port };
  }

  #port(): number {
    this.#skipBlanks();
    const port = Number(this.#match(/\d+/y) ?? 0);
    if (port === 0) this.#fail("port number expected");
    if (port > 65_535) this.#fail(`port number ${port} out of range`);
    return port;
  }

  #number(smallest: number, largest: number, complaint: string): number {
    this.#skipBlanks();
    const value = Number(this.#match(/\d+/y) ?? 0);
    if (value < smallest || value > largest) this.#fail(complaint);
    return value;
  }

  /** The next word or sign, which is then behind us; empty at the end; "?" for anything unknown, which stays. */
  #lexeme(): string {
    const skipped = this.#match(/(?:[ \t\r\n]|#[^\n]*)+/y) ?? "";
    this.#line += skipped.split("\n").length - 1;
    if (this.#at === this.#text.length) return "";
    return this.#match(/[;:{}]|min_connections|max_connections|proxy_for|proxy|timeout|default/y) ?? "?";
  }

  #skipBlanks(): void {
    this.#match(/[ \t]+/y);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  /** @param near what the message shows of the file; what comes next when absent */
  #fail(what: string, near: string = this.#text.slice(this.#at)): never {
    const place = this.#line > 0 ? `${this.#file}:${this.#line}: ` : "";
    const shown = /^[^\r\n]{0,20}/.exec(near)?.[0] ?? "";
    this.#log.raw(`${place}fatal: ${what} near ${shown}${shown.length >= 20 ? " ..." : ""}\n`);
    throw new BadConfig(-1);
  }
}
