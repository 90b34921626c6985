import type { Socket } from "node:net";
import type { Datacenters } from "./datacenters.ts";
import { dial } from "./dial.ts";
import { type Endpoint, formatEndpoint } from "./endpoint.ts";

const CONNECT_MS = 10_000;
const CHECK_MS = 3_000;
/** How old the knowledge of who is reachable may be: while somebody is, and while nobody is. */
const FRESH_MS = 10_000;
const FRESH_WHILE_DOWN_MS = 1_000;

export interface Readiness {
  /** Production datacenters by distinct address. */
  readonly declared: number;
  /** Those that took a connection when last tried. */
  readonly ready: number;
}

/** Telegram's side: connects to datacenters and knows which of them are there. */
export class Telegram {
  #datacenters: Datacenters;
  /** Address → whether the last connection to it was taken. */
  readonly #reachable = new Map<string, boolean>();
  /** Until the first datacenter answered, or none did. */
  #check: Promise<unknown> = Promise.resolve();
  #checkedAt = Number.NEGATIVE_INFINITY;

  constructor(datacenters: Datacenters) {
    this.#datacenters = datacenters;
  }

  /** Other addresses from now on; connections stay. */
  use(datacenters: Datacenters): void {
    this.#datacenters = datacenters;
    this.check();
  }

  /** Whether there is a datacenter with the id that a client asks for. */
  isListed(datacenter: number): boolean {
    return this.#datacenters.find(datacenter) !== undefined;
  }

  /** A connection to the datacenter that a client asked for; undefined when it is not listed or not reachable. */
  async connect(datacenter: number): Promise<Socket | undefined> {
    const endpoint = this.#datacenters.find(datacenter);
    return endpoint === undefined ? undefined : this.#dial(endpoint, CONNECT_MS);
  }

  /** What is known, asked anew when that is old; waits for the answer only while no datacenter is known to be there. */
  async readiness(): Promise<Readiness> {
    const fresh = this.#ready() > 0 ? FRESH_MS : FRESH_WHILE_DOWN_MS;
    if (performance.now() - this.#checkedAt > fresh) this.check();
    if (this.#ready() === 0) await this.#check;
    return { declared: this.#addresses().size, ready: this.#ready() };
  }

  /** Tries every production datacenter with a connection that is closed at once. */
  check(): void {
    this.#checkedAt = performance.now();
    const knocks = [...this.#addresses().values()].map((endpoint) => this.#knock(endpoint));
    this.#check = Promise.any(knocks).catch(() => {});
  }

  async #knock(endpoint: Endpoint): Promise<void> {
    const socket = await this.#dial(endpoint, CHECK_MS);
    if (socket === undefined) throw new Error("not reachable");
    socket.destroy();
  }

  #ready(): number {
    return [...this.#addresses().keys()].filter((address) => this.#reachable.get(address) === true).length;
  }

  async #dial(endpoint: Endpoint, timeoutMs: number): Promise<Socket | undefined> {
    const socket = await dial(endpoint, timeoutMs).catch(() => undefined);
    this.#reachable.set(formatEndpoint(endpoint), socket !== undefined);
    return socket;
  }

  #addresses(): ReadonlyMap<string, Endpoint> {
    return new Map(this.#datacenters.production.map((endpoint) => [formatEndpoint(endpoint), endpoint]));
  }
}
