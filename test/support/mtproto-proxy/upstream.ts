import { MiddleLink, type MiddleLinkOptions } from "./middle-link.ts";
import type { ProxyConfig, TargetAddress } from "./proxy-config.ts";
import type { Traffic } from "./traffic.ts";

/** Connections that the original keeps to each target. */
const LINKS_PER_TARGET = 4;
const RECONNECT_MS = 1000;

export interface UpstreamOptions extends Omit<MiddleLinkOptions, "target"> {
  readonly traffic: Traffic;
  readonly onLinkLost: (link: MiddleLink) => void;
}

/** One process's connections to Telegram. */
export class Upstream {
  readonly #options: UpstreamOptions;
  readonly #targets = new Map<string, Target>();
  #config: ProxyConfig | undefined;

  constructor(options: UpstreamOptions) {
    this.#options = options;
  }

  /** Keeps the targets that stay, ends those that left, connects to the new ones. */
  use(config: ProxyConfig): void {
    this.#config = config;
    const wanted = new Map([...config.clusters.values()].flat().map((address) => [nameOf(address), address]));
    for (const [name, target] of this.#targets) if (!wanted.has(name)) this.#drop(name, target);
    for (const [name, address] of wanted) {
      if (!this.#targets.has(name)) this.#targets.set(name, new Target(address, this.#options));
    }
  }

  get config(): ProxyConfig | undefined {
    return this.#config;
  }

  /** A finished link to one of the datacenter's targets, else of the default one's; undefined when none is ready. */
  linkFor(datacenter: number): MiddleLink | undefined {
    const config = this.#config;
    const addresses = config?.clusters.get(datacenter) ?? config?.clusters.get(config.defaultCluster) ?? [];
    const ready = addresses.flatMap((address) => this.#targets.get(nameOf(address))?.readyLinks ?? []);
    return ready[Math.floor(Math.random() * ready.length)];
  }

  get declaredTargets(): number {
    return this.#targets.size;
  }

  get readyTargets(): number {
    return [...this.#targets.values()].filter(({ readyLinks }) => readyLinks.length > 0).length;
  }

  get links(): readonly MiddleLink[] {
    return [...this.#targets.values()].flatMap(({ links }) => links);
  }

  get created(): number {
    return this.#sum(({ created }) => created);
  }

  get connectFailures(): number {
    return this.#sum(({ connectFailures }) => connectFailures);
  }

  #drop(name: string, target: Target): void {
    this.#targets.delete(name);
    target.end();
  }

  #sum(value: (target: Target) => number): number {
    return [...this.#targets.values()].reduce((total, target) => total + value(target), 0);
  }
}

/** One address of the configuration and the links to it, each made anew about a second after it was lost. */
class Target {
  readonly #address: TargetAddress;
  readonly #options: UpstreamOptions;
  readonly #links = new Set<MiddleLink>();
  #ended = false;
  created = 0;
  connectFailures = 0;

  constructor(address: TargetAddress, options: UpstreamOptions) {
    this.#address = address;
    this.#options = options;
    for (let count = 0; count < LINKS_PER_TARGET; count++) this.#connect();
  }

  get links(): readonly MiddleLink[] {
    return [...this.#links];
  }

  get readyLinks(): readonly MiddleLink[] {
    return this.links.filter(({ isReady }) => isReady);
  }

  end(): void {
    this.#ended = true;
    for (const { socket } of this.#links) socket.destroy();
  }

  #connect(): void {
    if (this.#ended) return;
    const link = new MiddleLink({ ...this.#options, target: this.#address });
    this.created++;
    this.#links.add(link);
    this.#options.traffic.count(link.socket);
    link.socket.once("close", () => this.#lose(link));
  }

  #lose(link: MiddleLink): void {
    this.#links.delete(link);
    if (!link.isConnected) this.connectFailures++;
    this.#options.onLinkLost(link);
    setTimeout(() => this.#connect(), RECONNECT_MS + 100 * Math.random());
  }
}

function nameOf({ ip, port }: TargetAddress): string {
  return `${ip}:${port}`;
}
