import type { AgentCondition, AgentNumber } from "./domain/agent.ts";
import type { Operator } from "./domain/audit/entry.ts";
import type { LoggedAddresses } from "./domain/connection-log.ts";
import type { ConnectionRecord } from "./domain/connection-record.ts";
import type { CoverProbe, NameAddresses } from "./domain/cover-facts.ts";
import type { Link } from "./domain/link.ts";
import type { AlertChannel } from "./domain/numbers/alerts/channel.ts";
import type { AlertDispatch } from "./domain/numbers/alerts/dispatch.ts";
import type { HelloSize } from "./protocol/client-hello.ts";

/** Paths under FAMILYTRAFFIC_HOME (spec §4); built by `homePaths` in state/paths.ts. */
export interface HomePaths {
  readonly home: string;
  readonly settings: string;
  readonly sharedSecrets: string;
  readonly shards: string;
  readonly promotedChannel: string;
  readonly groupChannels: string;
  readonly coverDomains: string;
  readonly engineRecord: string;
  readonly telegram: string;
  readonly proxySecret: string;
  readonly proxyMultiConf: string;
  /** When and from where the two were fetched. */
  readonly telegramRecord: string;
  readonly users: string;
  /** Sums of what everybody used. */
  readonly ledger: string;
  /** What an admin is told of, and how. */
  readonly alerts: string;
  /** What the daemon remembers of that. */
  readonly alertState: string;
  /** What was, over two years: a folder of its own, 0700. */
  readonly history: string;
  readonly clients: string;
  /** What is rendered: compose file, .env, a folder a shard. */
  readonly rendered: string;
  /** Locks, sockets and pid files. */
  readonly run: string;
  /** The agents' sockets, reports and key file: HAProxy's container has it mounted, so it is never removed and made anew. */
  readonly agents: string;
  /** HAProxy's own sockets, mounted in its container like the agents' folder. */
  readonly haproxy: string;
  readonly logs: string;
  /** Who changed what. */
  readonly auditLog: string;
  readonly backups: string;
}

/** Where people and fail2ban read who came to the edge. */
export interface ConnectionLog {
  /** One line each, in this order; more of addresses than `addresses` says is not written. Throws what the file system says. */
  write(records: readonly ConnectionRecord[], addresses: LoggedAddresses): Promise<void>;
}

export interface Clock {
  now(): Date;
  sleep(milliseconds: number): Promise<void>;
}

export interface Random {
  bytes(count: number): Uint8Array;
  uuid(): string;
}

export interface FileStat {
  /** Permission bits, for instance 0o600. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Absent for what is none. */
  readonly isFolder?: true;
}

/** A file that has grown beyond so many bytes is put aside (src/host/turn-over.ts), and so many of these are kept. */
export interface LogBounds {
  readonly bytes: number;
  readonly kept: number;
}

export interface WriteOptions {
  /** Permission bits of a new file; an existing one keeps its own unless `exactMode`. */
  readonly mode?: number;
  readonly exactMode?: boolean;
  /** Owner of the result; without it an existing file keeps its own. Ignored without the right to give files away. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

export interface FolderOptions {
  /** Permission bits of a new folder. */
  readonly mode?: number;
  /** Ignored without the right to give folders away. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

/** The file system. Every write is atomic and durable: old or new contents after a crash at any instant, never a mixture. */
export interface Files {
  /** Undefined when there is none. Other trouble throws AppError environment with the path. */
  read(path: string): Promise<Uint8Array | undefined>;
  readText(path: string): Promise<string | undefined>;
  /** Temp file with the final mode → fsync → rename → fsync of the folder. Makes missing folders, 0700. */
  write(path: string, data: Uint8Array | string, options?: WriteOptions): Promise<void>;
  /** Contents replaced without changing the inode; a durable copy stands beside it meanwhile (`recoverInPlace` reads it). */
  writeInPlace(path: string, data: Uint8Array | string): Promise<void>;
  /** One line (without its line break) at the end of a file, in one write, durable. A new file is 0600. */
  append(path: string, line: string, bounds?: LogBounds): Promise<void>;
  /** Finishes an in-place write that a crash cut off. True when there was one. */
  recoverInPlace(path: string): Promise<boolean>;
  /** No error when there is none. */
  remove(path: string): Promise<void>;
  /** A folder and everything in it; no error when there is none. */
  removeFolder(path: string): Promise<void>;
  /** Names in a folder; empty when there is none. */
  list(path: string): Promise<string[]>;
  stat(path: string): Promise<FileStat | undefined>;
  /** What another one shows with every write, replacement or change of rights. Undefined when there is none, or when it is too new to tell. */
  mark(path: string): Promise<string | undefined>;
  /** 0700 unless told otherwise; an existing one is given to `owner` too. */
  makeFolder(path: string, options?: FolderOptions): Promise<void>;
  /** Whether a container (any mount namespace that we may look into) has exactly this file bind-mounted. */
  isBindMounted(path: string): Promise<boolean>;
}

export interface Locks {
  /**
   * Runs `work` while holding flock(2) on `path`. Waits `waitMs` (30 s), anew whenever the holder changes; then AppError
   * conflict that names the holder. The lock falls with the process, kill -9 included. `holder: false` leaves the lock
   * file's contents alone (the VLESS stack's own lock). Work that holds a lock may ask for it again and runs at once.
   */
  withLock<T>(
    path: string,
    work: () => Promise<T>,
    options?: { purpose?: string; waitMs?: number; holder?: boolean },
  ): Promise<T>;
  /** Process that holds a lock of ours, as it wrote there; undefined when nobody does. */
  holderOf(path: string): Promise<number | undefined>;
}

export type LinkFault =
  | "unresolved"
  | "port-closed"
  | "timeout"
  | "key-not-live"
  /** A link that is meant to be dead works. */
  | "still-live"
  | "long-hello-refused"
  | "upstream-not-ready"
  | "clock"
  | "protocol";

export interface LinkAttempt {
  /** Absent for plain and padded links, which have no hello. */
  readonly hello?: HelloSize;
  readonly ok: boolean;
  /** From connect to resPQ (or to the failure), milliseconds. */
  readonly milliseconds: number;
  readonly fault?: LinkFault;
  /** A sentence for the admin; holds no key. */
  readonly reason?: string;
}

export interface LinkProbeResult {
  /** One for plain and padded, one a hello size for fake-TLS. */
  readonly attempts: readonly LinkAttempt[];
}

export interface ProbeOptions {
  /** Connect here instead of to the link's own server and port. */
  readonly via?: { readonly host: string; readonly port: number };
  /** Per attempt; 10 s. */
  readonly timeoutMs?: number;
  /** Telegram datacenter that is asked for; 2. */
  readonly datacenter?: number;
}

/** What the machine tells besides files. */
export interface Host {
  /** Whether a TCP port can be bound on all addresses now. */
  isPortFree(port: number): Promise<boolean>;
  /** IPv4 address of a name; undefined when it has none or DNS does not answer within `timeoutMs` (3 s). */
  resolve4(name: string, timeoutMs?: number): Promise<string | undefined>;
  /** Every address of a name, or why there is none, within `timeoutMs` (3 s). */
  lookup(name: string, timeoutMs?: number): Promise<NameAddresses>;
  /** This machine's own global IPv4 addresses, the default route's first. */
  addresses(): Promise<string[]>;
  /** Body of a URL, at most `maxBytes`. AppError environment with the reason. Takes http, https and the usual proxy variables. */
  download(url: string, options: { maxBytes: number; timeoutMs: number }): Promise<Uint8Array>;
  /** A real handshake with the link, as a client would make it, up to `resPQ`. */
  probeLink(link: Link, options?: ProbeOptions): Promise<LinkProbeResult>;
  /**
   * Tries TCP connections, all at once, each for `timeoutMs`: what is wrong with each as Node's error code (ETIMEDOUT when time ran
   * out), undefined where it was made. `inNetworkOf` is a process on this host whose network they start from; that takes root.
   */
  connectErrors(
    endpoints: readonly { readonly host: string; readonly port: number }[],
    options: { readonly timeoutMs: number; readonly inNetworkOf?: number | undefined },
  ): Promise<(string | undefined)[]>;
  /**
   * How long a server lets connections wait, one for each of `openings`: milliseconds from a connection until the server ended it, when
   * it was sent this and nothing more. Undefined for one that could not be made, or was still open after `mostMs`.
   */
  closingTimes(
    place: { readonly host: string; readonly port: number },
    openings: readonly Uint8Array[],
    mostMs: number,
  ): Promise<(number | undefined)[]>;
  /** Room where a path is, or would be. */
  freeSpace(path: string): Promise<FreeSpace>;
  /** How busy this machine is. */
  load(): Promise<HostLoad>;
  /** The time that the answer of a URL carries, in whole seconds. AppError environment with the reason. */
  remoteTime(url: string, timeoutMs: number): Promise<Date>;
  /** What the C proxy would find at a site that it shall imitate, and what browsers would. Ends within `timeoutMs` (5 s). */
  probeCover(site: CoverSite): Promise<CoverProbe>;
  /**
   * Hands an alert to a channel of the admin's. AppError environment with the reason, when the other side did not take it; no secret
   * of the channel is in it.
   */
  notify(channel: AlertChannel, dispatch: AlertDispatch): Promise<void>;
  /** Whoever typed this command. */
  operator(): Promise<Visitor>;
  readonly uid: number;
}

export interface Visitor extends Operator {
  /** The port at which they came in by SSH; null where nobody says one. */
  readonly sshPort: number | null;
}

export interface HostLoad {
  /** Over 1, 5 and 15 minutes. */
  readonly load: readonly [number, number, number];
  /** That this process may use. */
  readonly cores: number;
  readonly memoryBytes: number;
  readonly memoryFreeBytes: number;
}

/** What a file system has left for those who are not root. */
export interface FreeSpace {
  readonly bytes: number;
  readonly totalBytes: number;
  /** Files that can still be made; absent where there is no bound. */
  readonly files?: number;
}

/** A site that fake-TLS imitates, where it is served. */
export interface CoverSite {
  readonly domain: string;
  /** IPv4 address. */
  readonly address: string;
  readonly port: number;
  readonly timeoutMs?: number;
}

/** The agents that tell HAProxy who is connecting. */
export interface Agents {
  /** Of this product: an agent of another one was not restarted since an upgrade. */
  readonly version: string;
  /**
   * Is one of them, until `signal` aborts or another process takes its place. Root's rights are given up for good before it serves.
   * @throws AppError environment when the agents' folder is not there, or not theirs
   */
  serve(number: AgentNumber, options: ServeAgentOptions): Promise<void>;
  /** Greets one as HAProxy does. */
  greet(number: AgentNumber, timeoutMs?: number): Promise<AgentCondition>;
}

export interface ServeAgentOptions {
  readonly signal: AbortSignal;
  /** Calls back at each SIGHUP. */
  onHangup(reread: () => void): void;
  /** One line of a log; without keys. */
  log(line: string): void;
}

/** Progress goes to stderr and only to people: a use case reports, it never prints. */
export interface Progress {
  /** One line: what is done now, or with `…` at its end what takes a while from here. */
  step(text: string): void;
  warn(text: string): void;
}
