import { lookup } from "node:dns/promises";
import type { Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { setTimeout } from "node:timers/promises";
import { dial } from "./dial.ts";
import { type Endpoint, formatEndpoint, parseEndpoint, plainAddress } from "./endpoint.ts";

const CONNECT_MS = 5_000;
const RESOLVE_MS = 5_000;
const RESOLVED_MS = 60_000;
const UNRESOLVED_MS = 5_000;
const HTTPS = 443;

/** A site that fake-TLS imitates. */
export interface Cover {
  readonly domain: string;
  /** Where strangers are taken for it, `host:port`; the domain's own address and port 443 when absent. */
  readonly address?: string;
}

interface CoverOptions {
  /** The cover domains in order; strangers see the first. */
  readonly covers: readonly Cover[];
  /** Our own port: the site must not be ourselves. */
  readonly port: number;
  /** Name or address under which the world knows this server. */
  readonly publicHost: string;
}

interface Resolved {
  readonly addresses: Promise<readonly string[]>;
  until: number;
}

/**
 * The site that everybody sees who has no key. Only the first listed domain, never a name that a stranger asks for: that would make
 * an open proxy of us.
 */
export class CoverSite {
  #options: CoverOptions;
  readonly #resolved = new Map<string, Resolved>();
  /** Local ends of our connections to the site, as the site sees them. */
  readonly #visits = new Set<string>();

  constructor(options: CoverOptions) {
    this.#options = options;
  }

  use(options: CoverOptions): void {
    this.#options = options;
    this.#resolved.clear();
  }

  /** Whether a stranger has a site to be taken to. Without fake-TLS there is nothing to imitate. */
  get isSet(): boolean {
    return this.#options.covers.length > 0;
  }

  isListed(domain: string): boolean {
    return this.#options.covers.some((cover) => cover.domain === domain);
  }

  /** True for a connection that we made ourselves: the site's address leads back here. */
  isOwnVisit(peer: Endpoint): boolean {
    return this.#visits.has(formatEndpoint({ host: plainAddress(peer.host), port: peer.port }));
  }

  /** A connection to the site; undefined when it is unreachable, has no address, or would be ourselves. */
  async connect(): Promise<Socket | undefined> {
    const endpoint = await this.#endpoint();
    if (endpoint === undefined || (await this.#isOurselves(endpoint))) return undefined;
    const socket = await dial(endpoint, CONNECT_MS).catch(() => undefined);
    if (socket !== undefined) this.#noteVisit(socket);
    return socket;
  }

  #noteVisit(socket: Socket): void {
    const visit = formatEndpoint({ host: plainAddress(socket.localAddress ?? ""), port: socket.localPort ?? 0 });
    this.#visits.add(visit);
    socket.once("close", () => this.#visits.delete(visit));
  }

  async #endpoint(): Promise<Endpoint | undefined> {
    const [cover] = this.#options.covers;
    const pinned = cover?.address === undefined ? undefined : parseEndpoint(cover.address);
    const [host] = await this.#addresses(pinned?.host ?? cover?.domain ?? "");
    return host === undefined ? undefined : { host, port: pinned?.port ?? HTTPS };
  }

  async #isOurselves({ host, port }: Endpoint): Promise<boolean> {
    if (port !== this.#options.port) return false;
    const published = await this.#addresses(this.#options.publicHost);
    return host.startsWith("127.") || published.includes(host) || ownAddresses().includes(host);
  }

  /** IPv4 first; empty when there are none. The answer is kept for a while, a failure shortly: many strangers are one question. */
  #addresses(name: string): Promise<readonly string[]> {
    const known = this.#resolved.get(name);
    if (known !== undefined && known.until > performance.now()) return known.addresses;
    const addresses = resolve(name);
    const entry = { addresses, until: performance.now() + RESOLVED_MS };
    this.#resolved.set(name, entry);
    void addresses.then(({ length }) => {
      if (length === 0) entry.until = performance.now() + UNRESOLVED_MS;
    });
    return addresses;
  }
}

async function resolve(name: string): Promise<readonly string[]> {
  if (name === "") return [];
  const found = lookup(name, { all: true, verbatim: false }).catch(() => []);
  // A resolver that is gone answers after 20 s; nobody waits for that.
  const nothing = setTimeout(RESOLVE_MS, [], { ref: false });
  return (await Promise.race([found, nothing])).map(({ address }) => address);
}

function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((list = []) => list.map(({ address }) => address));
}
