import type { Build } from "./builds.ts";
import type { ClientConnection } from "./client-connection.ts";
import type { CommandLine } from "./command-line.ts";
import type { CoverSite } from "./cover-sites.ts";
import { Forwarder } from "./forwarder.ts";
import type { Log } from "./log.ts";
import { ReplayMemory } from "./replay-memory.ts";
import { Traffic } from "./traffic.ts";
import { Upstream } from "./upstream.ts";

/** What was settled before the ports open. */
export interface Setup {
  readonly line: CommandLine;
  readonly build: Build;
  readonly log: Log;
  readonly covers: readonly CoverSite[];
  readonly secret: Uint8Array | undefined;
  /** `-c` as the host allows it. */
  readonly maxConnections: number;
}

/**
 * What one process of the original has for itself: connections to Telegram, clients, counters and the memory of hellos. `-M 0` has
 * one; with workers the master has one without clients, and each worker its own.
 */
export class Worker {
  readonly setup: Setup;
  readonly traffic = new Traffic();
  readonly replays = new ReplayMemory();
  readonly clients = new Set<ClientConnection>();
  readonly forwarder: Forwarder;
  readonly upstream: Upstream;
  accepted = 0;
  /** Connections closed at once because `-c` was reached, and because of `--max-accept-rate`. */
  refusedByLimit = 0;
  refusedByRate = 0;

  constructor(setup: Setup) {
    const { line, secret } = setup;
    this.setup = setup;
    this.upstream = new Upstream({
      secret,
      traffic: this.traffic,
      translate: (ip) => line.nat.get(ip) ?? ip,
      onAnswer: (connectionId, message) => this.forwarder.answer(connectionId, message),
      onCut: (connectionId) => this.forwarder.cut(connectionId),
      onLinkLost: (link) => this.forwarder.lose(link),
      ...(line.address === undefined ? {} : { from: line.address }),
    });
    this.forwarder = new Forwarder(this.upstream, line);
  }

  /** `-C`: clients that are served at a time; the others wait. */
  get maxClients(): number {
    const { line, maxConnections } = this.setup;
    return line.maxClients || maxConnections;
  }

  /** The original counts file descriptors: its own eight, and those of targets, clients and strangers. */
  get isFull(): boolean {
    return this.traffic.openSockets + OWN_DESCRIPTORS >= this.setup.maxConnections;
  }
}

const OWN_DESCRIPTORS = 8;
