/**
 * The figures of `/stats` that the product uses (facts: section 3 of the measured contract). All are absent where the proxy
 * did not print them. The like-named totals of the page mean other things: `activeClients` is `ext_connections`, clients with a
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
