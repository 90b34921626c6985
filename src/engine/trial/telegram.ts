import type { Socket } from "node:net";
import { answersAsTelegram } from "./ask-datacenter.ts";
import type { Datacenter, Datacenters } from "./datacenters.ts";
import { dial } from "./dial.ts";
import { type Endpoint, formatEndpoint } from "./endpoint.ts";

const CONNECT_MS = 10_000;
const CHECK_MS = 3_000;
/** How old the knowledge of who is reachable may be: while somebody is, and while nobody is. */
const FRESH_MS = 10_000;
const FRESH_WHILE_DOWN_MS = 1_000;

interface Readiness {
  /** Production datacenters by distinct address. */
  readonly declared: number;
  /** Those that answered when last asked, and took their clients' connections since. */
  readonly ready: number;
}

/** Telegram's side: connects to datacenters and knows which of them are there. */
export class Telegram {
  #datacenters: Datacenters;
  /** Addresses that answered. */
  readonly #ready = new Set<string>();
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
    const fresh = this.#countReady() > 0 ? FRESH_MS : FRESH_WHILE_DOWN_MS;
    if (performance.now() - this.#checkedAt > fresh) this.check();
    if (this.#countReady() === 0) await this.#check;
    return { declared: this.#datacenters.production.size, ready: this.#countReady() };
  }

  /** Asks every production datacenter. */
  check(): void {
    this.#checkedAt = performance.now();
    const answers = [...this.#datacenters.production.values()].map((datacenter) => this.#ask(datacenter));
    this.#check = Promise.any(answers).catch(() => {});
  }

  /** @throws Error when it does not answer */
  async #ask({ id, endpoint }: Datacenter): Promise<void> {
    const socket = await this.#dial(endpoint, CHECK_MS);
    const answers = socket !== undefined && (await answersAsTelegram(socket, id, performance.now() + CHECK_MS));
    socket?.destroy();
    if (answers) this.#ready.add(formatEndpoint(endpoint));
    else this.#ready.delete(formatEndpoint(endpoint));
    if (!answers) throw new Error(`datacenter ${id} does not answer`);
  }

  #countReady(): number {
    return [...this.#datacenters.production.keys()].filter((address) => this.#ready.has(address)).length;
  }

  async #dial(endpoint: Endpoint, timeoutMs: number): Promise<Socket | undefined> {
    const socket = await dial(endpoint, timeoutMs).catch(() => undefined);
    if (socket === undefined) this.#ready.delete(formatEndpoint(endpoint));
    return socket;
  }
}
