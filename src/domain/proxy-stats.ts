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
