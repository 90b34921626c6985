import { AppError } from "./errors.ts";

/**
 * The figures of `/stats` that the product uses (facts: section 3 of the measured contract). Figures that may be absent are those which a
 * proxy need not print or which mean nothing with workers. The like-named totals of the page mean other things: `activeClients` is `ext_connections`, clients with a
 * live session; `clientsSinceStart` is `ext_connections_created`.
 */
export interface ProxyStats {
  /** Unix seconds; counters start anew with it. */
  readonly startTime: number;
  /** Seconds. */
  readonly uptime: number;
  readonly readyTargets: number;
  readonly declaredTargets: number;
  readonly activeClients: number;
  readonly clientsSinceStart: number;
  /** Open client sockets, authenticated or not. */
  readonly openSockets: number;
  /** Bytes over all sockets (clients and upstream, so about twice the clients' traffic); absent with workers. */
  readonly bytesIn?: number;
  readonly bytesOut?: number;
  /** md5 (hex) of the proxy-multi.conf in use. */
  readonly configMd5?: string;
  readonly tagSet: boolean;
  readonly workers: number;
  readonly version: string;
  /** Resident memory of the process, bytes. */
  readonly residentBytes?: number;
}

/** Figures of one holder of keys since the proxy started. Only engines that tell their clients apart have them. */
export interface UserStats {
  /** User name, or `sharedHolder`. */
  readonly holder: string;
  /** Open connections; one app opens about eight. */
  readonly activeConnections: number;
  readonly connectionsSinceStart: number;
  /** Bytes received from and sent to the clients, everything on the wire above TCP included. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** ISO 8601: when a connection of theirs last opened or carried a byte; absent when none has since the start. */
  readonly lastSeen?: string;
}

/** One line: a word, blanks, a value. Section marks (`>>>>>>jobs>>>>>>`) and values with several numbers have the same shape. */
const LINE = /^([^\s]+)[\t ]+(.*)$/;

/**
 * Reads the page that the C proxy answers to `GET /stats`. Unknown lines are skipped, in any order; the figures that every
 * known build prints must be there, so that a page of something else, or half a page, is never taken for an idle proxy.
 * With workers the byte counters are those of the master, which serves nobody: they are left out.
 * @throws AppError engine when this is no statistics page
 */
export function parseProxyStats(page: string): ProxyStats {
  const lines = readLines(page);
  const workers = required(lines, "workers");
  return {
    startTime: required(lines, "start_time"),
    uptime: required(lines, "uptime"),
    readyTargets: required(lines, "total_ready_targets"),
    declaredTargets: required(lines, "total_declared_targets"),
    activeClients: required(lines, "ext_connections"),
    clientsSinceStart: required(lines, "ext_connections_created"),
    openSockets: required(lines, "total_special_connections"),
    ...(workers === 0 ? optional("bytesIn", count(lines.get("tcp_readv_bytes"))) : {}),
    ...(workers === 0 ? optional("bytesOut", count(lines.get("tcp_writev_bytes"))) : {}),
    ...optional("configMd5", /^[0-9a-f]{32}$/i.exec(lines.get("config_md5") ?? "")?.[0].toLowerCase()),
    tagSet: lines.get("proxy_tag_set") === "1",
    workers,
    version: lines.get("version") ?? "",
    ...optional("residentBytes", count(lines.get("vmrss_bytes"))),
  };
}

function readLines(page: string): Map<string, string> {
  const lines = new Map<string, string>();
  for (const line of page.split(/\r?\n/)) {
    const [, name, value] = LINE.exec(line) ?? [];
    if (name !== undefined && value !== undefined) lines.set(name, value.trim());
  }
  return lines;
}

function required(lines: ReadonlyMap<string, string>, name: string): number {
  const value = count(lines.get(name));
  if (value === undefined)
    throw new AppError("engine", `the answer is no statistics page of the proxy: no ${name} in it`);
  return value;
}

/** A whole number that is not negative and that JavaScript holds exactly. */
function count(text: string | undefined): number | undefined {
  const value = text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}

function optional<N extends string, V>(name: N, value: V | undefined): Partial<Record<N, V>> {
  return value === undefined ? {} : ({ [name]: value } as Record<N, V>);
}
