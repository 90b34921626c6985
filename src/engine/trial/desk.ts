import type { Socket } from "node:net";
import type { Limits } from "./config.ts";
import type { Connections } from "./connections.ts";
import type { CoverSite } from "./cover-site.ts";
import type { KeyRing } from "./key-ring.ts";
import type { Ledger } from "./ledger.ts";
import type { Meter } from "./meter.ts";
import type { ReplayCache } from "./replay-cache.ts";
import type { Tally } from "./tally.ts";
import type { Telegram } from "./telegram.ts";

/** What serving a connection needs; shared by all connections. */
export interface Desk {
  readonly limits: Limits;
  readonly ring: KeyRing;
  readonly replays: ReplayCache;
  readonly cover: CoverSite;
  readonly telegram: Telegram;
  readonly connections: Connections;
  readonly ledger: Ledger;
  /** Every socket on either side. */
  readonly traffic: Meter;
  readonly tally: Tally;
}

/** Counts a socket of either side and lets no trouble with it go further than its own connection. */
export function watchSocket(socket: Socket, { traffic, limits }: Desk): void {
  traffic.watch(socket);
  // Two pipelines and those who wait for news, each with a listener for every event.
  socket.setMaxListeners(30);
  socket.on("error", () => {});
  socket.setTimeout(limits.idleMs, () => socket.destroy());
}
