import type { Socket } from "node:net";
import type { UserStats } from "../../domain/proxy-stats.ts";
import { Meter } from "./meter.ts";

interface Account {
  readonly meter: Meter;
  /** Milliseconds since 1970. */
  lastSeen: number;
}

/** Who used the proxy how much since it started. People who lost their key stay in the totals and leave the list. */
export class Ledger {
  /** Connections of identified clients. */
  readonly clients = new Meter();
  readonly #accounts = new Map<string, Account>();

  /** Books a connection of an identified client; the function that comes back is to be called whenever it carries bytes. */
  open(holder: string | undefined, socket: Socket): () => void {
    this.clients.watch(socket);
    if (holder === undefined) return () => {};
    const account = this.#account(holder);
    account.meter.watch(socket);
    const seen = (): void => {
      account.lastSeen = Date.now();
    };
    seen();
    return seen;
  }

  /** One entry for each of the holders, in their order. */
  report(holders: readonly string[]): UserStats[] {
    return holders.map((holder) => describe(holder, this.#accounts.get(holder)));
  }

  #account(holder: string): Account {
    const account = this.#accounts.get(holder) ?? { meter: new Meter(), lastSeen: 0 };
    this.#accounts.set(holder, account);
    return account;
  }
}

function describe(holder: string, account: Account | undefined): UserStats {
  if (account === undefined) {
    return { holder, activeConnections: 0, connectionsSinceStart: 0, bytesIn: 0, bytesOut: 0 };
  }
  const { meter, lastSeen } = account;
  return {
    holder,
    activeConnections: meter.active,
    connectionsSinceStart: meter.sinceStart,
    bytesIn: meter.bytesIn,
    bytesOut: meter.bytesOut,
    lastSeen: new Date(lastSeen).toISOString(),
  };
}
