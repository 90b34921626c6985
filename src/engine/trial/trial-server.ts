import { createServer, type Server, type Socket } from "node:net";
import { AppError } from "../../domain/errors.ts";
import type { ProxyStats, UserStats } from "../../domain/proxy-stats.ts";
import type { TrialConfig } from "./config.ts";
import { type Capacity, Connections } from "./connections.ts";
import { CoverSite } from "./cover-site.ts";
import type { Desk } from "./desk.ts";
import { BUFFER_BYTES } from "./dial.ts";
import { KeyRing } from "./key-ring.ts";
import { Ledger } from "./ledger.ts";
import { Meter } from "./meter.ts";
import { connectionsThatFit } from "./open-files.ts";
import { ReplayCache } from "./replay-cache.ts";
import { serve } from "./serve.ts";
import { Tally } from "./tally.ts";
import { Telegram } from "./telegram.ts";

/** A hello is accepted for 600 s after its time and 3 s before. */
const REPLAY_MS = 620_000;
const REPLAY_CAPACITY = 65_536;

/** A client's connection costs 48 kB of memory (measured): these stay below 150 MB in all. */
const MOST_CLIENTS = 1_500;

/** A direct-mode MTProxy: plain, padded and fake-TLS on one port. Knows nothing of files and processes. */
export class TrialServer {
  #config: TrialConfig;
  #listener: Server;
  #desk: Desk;
  readonly #startedAt = Date.now();

  private constructor(config: TrialConfig, listener: Server, desk: Desk) {
    this.#config = config;
    this.#listener = listener;
    this.#desk = desk;
    listener.on("connection", this.#accept);
  }

  /**
   * Resolves when the port is open.
   * @throws AppError environment when the port is taken or not allowed
   */
  static async start(config: TrialConfig): Promise<TrialServer> {
    const server = new TrialServer(config, await listen(config.port), openDesk(config));
    server.#desk.telegram.check();
    return server;
  }

  get config(): TrialConfig {
    return this.#config;
  }

  get startedAt(): Date {
    return new Date(this.#startedAt);
  }

  get tally(): Tally {
    return this.#desk.tally;
  }

  /**
   * Another configuration from now on. Connections stay, but for those whose key is no longer there. When the new port cannot be
   * opened nothing changes.
   * @throws AppError environment
   */
  async reload(config: TrialConfig): Promise<void> {
    if (config.port !== this.#config.port) await this.#move(config.port);
    this.#config = config;
    const { ring, cover, telegram, connections } = this.#desk;
    this.#desk = { ...this.#desk, limits: config.limits };
    ring.replace(config.keys);
    cover.use(config);
    telegram.use(config.datacenters);
    connections.use(capacityOf(config));
    connections.keepOnly((key) => ring.get(key) !== undefined);
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#listener.close(resolve));
    this.#desk.connections.closeAll();
    await closed;
  }

  async stats(): Promise<ProxyStats> {
    const { telegram, ledger, connections, traffic } = this.#desk;
    const { declared, ready } = await telegram.readiness();
    return {
      startTime: Math.floor(this.#startedAt / 1000),
      uptime: Math.floor((Date.now() - this.#startedAt) / 1000),
      readyTargets: ready,
      declaredTargets: declared,
      activeClients: ledger.clients.active,
      clientsSinceStart: ledger.clients.sinceStart,
      openSockets: connections.size,
      bytesIn: traffic.bytesIn,
      bytesOut: traffic.bytesOut,
      tagSet: false,
      workers: 0,
      version: "trial",
      residentBytes: process.memoryUsage.rss(),
    };
  }

  userStats(): UserStats[] {
    return this.#desk.ledger.report(this.#desk.ring.holders);
  }

  readonly #accept = (socket: Socket): void => {
    if (this.#desk.connections.welcome(socket) !== undefined) this.tally.add("crowdedOut");
    void serve(socket, this.#desk);
  };

  async #move(port: number): Promise<void> {
    const listener = await listen(port);
    listener.on("connection", this.#accept);
    this.#listener.close();
    this.#listener = listener;
  }
}

function openDesk(config: TrialConfig): Desk {
  return {
    limits: config.limits,
    ring: new KeyRing(config.keys),
    replays: new ReplayCache({ keepMs: REPLAY_MS, capacity: REPLAY_CAPACITY }),
    cover: new CoverSite(config),
    telegram: new Telegram(config.datacenters),
    connections: new Connections(capacityOf(config)),
    ledger: new Ledger(),
    traffic: new Meter(),
    tally: new Tally(),
  };
}

/** What was configured, within what the process may open and shall hold. Guests take at most half of the open files. */
function capacityOf({ limits }: TrialConfig): Capacity {
  const fitting = connectionsThatFit();
  const guests = Math.max(1, Math.min(limits.maxGuests, Math.floor(fitting / 2)));
  return { guests, clients: Math.max(1, Math.min(limits.maxConnections, MOST_CLIENTS, fitting - guests)) };
}

function listen(port: number): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, noDelay: true, keepAlive: true, highWaterMark: BUFFER_BYTES });
  return new Promise((resolve, reject) => {
    server.on("error", (error: NodeJS.ErrnoException) => reject(portTrouble(port, error)));
    server.listen({ port, backlog: 1024 }, () => resolve(server));
  });
}

function portTrouble(port: number, error: NodeJS.ErrnoException): AppError {
  if (error.code === "EADDRINUSE") {
    return new AppError("environment", `port ${port} is taken by another program`, {
      hint: `ss -ltnp 'sport = :${port}' shows which; mtproxy setup --port N takes another one`,
      cause: error,
    });
  }
  const message = error.code === "EACCES" ? `opening port ${port} needs root` : `port ${port}: ${error.message}`;
  return new AppError("environment", message, { hint: "mtproxy setup --port N takes another one", cause: error });
}
