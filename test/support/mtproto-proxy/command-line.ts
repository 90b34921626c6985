import { isIPv4 } from "node:net";
import { Key } from "../../../src/domain/key.ts";
import type { Build } from "./builds.ts";
import { failAssertion, ProcessEnd } from "./fatal.ts";
import { walk } from "./getopt.ts";
import { type Log, printOut } from "./log.ts";
import { optionsOf, usage } from "./option-table.ts";

/** What the command line asks for. */
export interface CommandLine {
  verbosity: number;
  ipv6: boolean;
  /** `-p`: absent, one port, or the first free one of a range. */
  statsPorts: readonly number[];
  httpStats: boolean;
  clientPorts: number[];
  keys: Key[];
  tag?: string;
  domains: string[];
  /** `-C` */
  maxClients?: number;
  /** `-c` */
  maxConnections: number;
  workers: number;
  user?: string;
  logFile?: string;
  daemonize: boolean;
  secretFile?: string;
  /** Local address → the one that Telegram sees. */
  nat: Map<string, string>;
  address?: string;
  /** Accepted connections a second; 0 is without limit. */
  acceptRate: number;
  paddedOnly: boolean;
  windowClamp: number;
  configFile: string;
}

const MAX_KEYS = 16;
const MAX_WORKERS = 256;
const MAX_PORTS = 128;
const MAX_NAT_RULES = 16;
const DEFAULT_CONNECTIONS = 65_536;

/** A mistake in an option: what is said of it before the usage is printed. */
class Misuse extends Error {}

/** Reads options in order; a mistake ends the process before the next one is looked at. */
export class CommandLineReader {
  readonly #program: string;
  readonly #build: Build;
  readonly #log: Log;
  readonly #line: CommandLine = {
    verbosity: 0,
    ipv6: false,
    statsPorts: [],
    httpStats: false,
    clientPorts: [],
    keys: [],
    domains: [],
    maxConnections: DEFAULT_CONNECTIONS,
    workers: 0,
    daemonize: false,
    nat: new Map(),
    acceptRate: 0,
    paddedOnly: false,
    windowClamp: 0,
    configFile: "",
  };

  constructor(program: string, build: Build, log: Log) {
    this.#program = program;
    this.#build = build;
    this.#log = log;
  }

  /** @throws ProcessEnd */
  read(argv: readonly string[]): CommandLine {
    try {
      const operands = this.#readOptions(argv);
      const [configFile] = operands;
      if (configFile === undefined || operands.length !== 1) throw new Misuse("");
      this.#log.say(`config_filename = '${configFile}'`);
      return { ...this.#line, configFile };
    } catch (error) {
      if (!(error instanceof Misuse)) throw error;
      printOut(usage(this.#program, this.#build));
      throw new ProcessEnd(2);
    }
  }

  #readOptions(argv: readonly string[]): string[] {
    const operands: string[] = [];
    for (const parsed of walk(argv, optionsOf(this.#build))) {
      if ("complaint" in parsed) this.#complain(parsed.complaint);
      else if ("operand" in parsed) operands.push(parsed.operand);
      else this.#apply(parsed.option.long, parsed.value);
    }
    return operands;
  }

  #complain(complaint: string): never {
    this.#log.raw(`${this.#program}: ${complaint}\n`);
    return this.#misuse("Unrecognized option");
  }

  #misuse(text: string): never {
    this.#log.say(text);
    throw new Misuse(text);
  }

  #apply(name: string, value: string | undefined): void {
    const text = value ?? "";
    const line = this.#line;
    const setters: Readonly<Record<string, () => void>> = {
      help: () => {
        throw new Misuse("");
      },
      verbosity: () => {
        line.verbosity = value === undefined ? line.verbosity + 1 : atoi(value);
      },
      daemonize: () => {
        line.daemonize = value === undefined ? !line.daemonize : atoi(value) !== 0;
      },
      ipv6: () => {
        line.ipv6 = true;
      },
      "http-stats": () => {
        line.httpStats = true;
      },
      "random-padding-only": () => {
        line.paddedOnly = true;
      },
      "mtproto-secret": () => this.#addKey(text),
      "proxy-tag": () => {
        line.tag = this.#hexDigits("P", text);
      },
      domain: () => {
        line.domains.push(text);
      },
      "http-ports": () => this.#addPorts(text),
      slaves: () => this.#setWorkers(text),
      "max-special-connections": () => {
        line.maxClients = Math.max(0, atoi(text));
      },
      connections: () => {
        line.maxConnections = atoi(text) > 0 ? atoi(text) : DEFAULT_CONNECTIONS;
      },
      "window-clamp": () => {
        line.windowClamp = atoi(text);
      },
      "max-accept-rate": () => {
        line.acceptRate = atoi(text);
      },
      user: () => this.#setUser(text),
      log: () => {
        line.logFile = text;
      },
      port: () => this.#setStatsPort(text),
      "aes-pwd": () => {
        line.secretFile = text;
      },
      "nat-info": () => this.#addNat(text),
      address: () => this.#setAddress(text),
    };
    setters[name]?.();
  }

  #addKey(text: string): void {
    const digits = this.#hexDigits("S", text);
    if (this.#line.keys.length === MAX_KEYS) {
      const place = "net/net-tcp-rpc-ext-server.c:154: tcp_rpcs_set_ext_secret";
      throw failAssertion(this.#log, this.#program, place, "ext_secret_cnt < 16");
    }
    this.#line.keys.push(Key.parse(digits));
  }

  /** The second message names `S` for a tag too: so it is in the original. */
  #hexDigits(letter: "S" | "P", text: string): string {
    const rule = (name: string): string => `'${name}' option requires exactly 32 hex digits`;
    if (text.length !== 32) this.#misuse(rule(letter));
    const wrong = /[^0-9a-f]/i.exec(text)?.[0];
    if (wrong !== undefined) this.#misuse(`${rule("S")}. '${wrong}' is not hexdigit`);
    return text.toLowerCase();
  }

  #addPorts(text: string): void {
    const match = /^((?:[1-9]\d*,)*)([1-9]\d*)?$/.exec(text);
    if (text === "" || match === null) throw new Misuse("");
    for (const port of text.split(",").filter(Boolean).map(Number)) {
      if (port > 65_535) {
        const place = "mtproto/mtproto-proxy.c:2157: f_parse_option";
        throw failAssertion(this.#log, this.#program, place, "colon > ptr && i > 0 && i < 65536");
      }
      if (this.#line.clientPorts.length < MAX_PORTS) this.#line.clientPorts.push(port);
    }
  }

  #setWorkers(text: string): void {
    const workers = atoi(text);
    if (workers < 0 || workers > MAX_WORKERS) {
      const place = "mtproto/mtproto-proxy.c:2180: f_parse_option";
      throw failAssertion(this.#log, this.#program, place, "workers >= 0 && workers <= MAX_WORKERS");
    }
    this.#line.workers = workers;
  }

  #setUser(name: string): void {
    const { user } = this.#line;
    if (user !== undefined) {
      this.#log.say(`wrong option -u${name}, username is already defined as '${user}'.`);
      throw new ProcessEnd(1);
    }
    this.#line.user = name;
  }

  /** A port number that does not fit wraps around, as the C structure does. */
  #setStatsPort(text: string): void {
    const [, first, last] = /^\s*(-?\d+)(?::(-?\d+))?/.exec(text) ?? [];
    const from = Number(first ?? 0);
    const to = Number(last ?? from);
    if (from <= 0 || from > to) throw new Misuse("");
    this.#line.statsPorts = Array.from({ length: to - from + 1 }, (_, index) => (from + index) % 65_536);
  }

  #addNat(text: string): void {
    const at = text.lastIndexOf(":");
    if (at < 0) this.#natMistake("expected <local-addr>:<global-addr> in --nat-info");
    const [local, global] = [text.slice(0, at), text.slice(at + 1)];
    const wrong = [local, global].find((address) => !isIPv4(address));
    if (wrong !== undefined) this.#natMistake(`cannot translate host '${wrong}' in --nat-info`);
    if (this.#line.nat.size >= MAX_NAT_RULES) this.#natMistake("too many rules in --nat-info");
    if (!this.#line.nat.has(local)) this.#line.nat.set(local, global);
  }

  #natMistake(text: string): never {
    this.#log.raw(`${text}\n`);
    throw new Misuse(text);
  }

  #setAddress(text: string): void {
    if (!isIPv4(text)) {
      this.#log.say(`Can not convert '${text}' to ip addr: Success`);
      throw new ProcessEnd(4);
    }
    this.#line.address = text;
  }
}

/** The C function: leading digits, 0 for none. */
function atoi(text: string): number {
  return Number(/^\s*[+-]?\d+/.exec(text)?.[0] ?? 0);
}
