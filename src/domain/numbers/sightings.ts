import { householdOf, isLetIn } from "../connection-log.ts";
import type { ConnectionRecord } from "../connection-record.ts";
import { accountOf } from "../ledger.ts";
import { clientFamily } from "./client-family.ts";
import { type Counts, summed } from "./counter.ts";
import type { ClientSighting, HistoryEntry } from "./history.ts";

/** A device that HAProxy has a connection of. */
export interface DeviceSight {
  readonly user: string;
  /** IPv4 address, or an IPv6 address with what a household shares. */
  readonly network: string;
}

const DAY_MS = 86_400_000;

/** Who came when and from where, since the daemon started: what HAProxy's records and tables tell beside the ledger. */
export class Sightings {
  readonly #lastSeen = new Map<string, number>();
  /** By person, of the day that it is now (UTC). */
  #households = new Map<string, Set<string>>();
  #day = 0;
  /** Of this server: it tries links itself. */
  #own: ReadonlySet<string> = new Set();
  #verdicts: Counts = {};
  #lastLook = 0;
  /** Connections that were open at the last look and have ended since, by account. */
  #ended: Counts = {};
  #newSeen = new Map<string, number>();
  /** Connections by person and family. */
  #clients = new Map<string, ClientSighting>();
  #newHouseholds: { readonly user: string; readonly household: string }[] = [];

  /** What is known from before; unix milliseconds by person. */
  remember(lastSeen: Readonly<Record<string, number>>): void {
    for (const [name, at] of Object.entries(lastSeen)) this.#see(name, at);
  }

  /** A connection that ended. */
  take(record: ConnectionRecord, now: Date): void {
    this.#verdicts = summed(this.#verdicts, { [record.verdict ?? "none"]: 1 });
    if (record.why === "no-sni" && record.user !== undefined) this.#noteClient(record.user, clientFamily(record));
    if (!isLetIn(record) || record.server === undefined) return;
    const name = accountOf(record.server);
    if (record.startedAt.getTime() <= this.#lastLook) this.#ended = summed(this.#ended, { [name]: 1 });
    this.see({ [name]: record.endedAt.getTime() });
    this.#noteClient(name, clientFamily(record));
    const isOfToday = dayOf(record.endedAt.getTime()) === dayOf(now.getTime());
    if (isOfToday && !this.#own.has(record.from)) this.#noteHousehold(name, record.from, now);
  }

  /** Nobody's household is there. */
  setOwnAddresses(addresses: readonly string[]): void {
    this.#own = new Set(addresses);
  }

  /** Connections that are open now. */
  takeDevices(devices: readonly DeviceSight[], now: Date): void {
    for (const { user, network } of devices) this.#noteHousehold(user, network, now);
  }

  /** Unix milliseconds by person. */
  see(seen: Readonly<Record<string, number>>): void {
    for (const [name, at] of Object.entries(seen)) if (this.#see(name, at)) this.#newSeen.set(name, at);
  }

  /** The name is somebody else's from now on. */
  forget(name: string): void {
    for (const known of [this.#lastSeen, this.#newSeen, this.#households]) known.delete(name);
    this.#newHouseholds = this.#newHouseholds.filter(({ user }) => user !== name);
  }

  get lastSeen(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#lastSeen);
  }

  /** How many there were today, as far as this process knows. */
  households(now: Date): Readonly<Record<string, number>> {
    this.#turnTo(now);
    return Object.fromEntries([...this.#households].map(([name, all]) => [name, all.size]));
  }

  /** Connections that ended since the last look. */
  takeEnded(): { readonly verdicts: Counts; readonly ended: Counts } {
    const ended = { verdicts: this.#verdicts, ended: this.#ended };
    this.#verdicts = {};
    this.#ended = {};
    return ended;
  }

  /** What a look took that came to nothing: it is told with the next one. */
  giveBack({ verdicts, ended }: ReturnType<Sightings["takeEnded"]>): void {
    this.#verdicts = summed(verdicts, this.#verdicts);
    this.#ended = summed(ended, this.#ended);
  }

  /** @param at unix milliseconds */
  lookedAt(at: number): void {
    this.#lastLook = at;
  }

  /** What is new since this was last asked. */
  takeNews(): Pick<HistoryEntry, "lastSeen" | "households" | "clients"> {
    const [households, clients] = [this.#newHouseholds, [...this.#clients.values()]];
    const news = { lastSeen: Object.fromEntries(this.#newSeen), households, clients };
    this.#newSeen = new Map();
    this.#newHouseholds = [];
    this.#clients = new Map();
    return news;
  }

  #see(name: string, at: number): boolean {
    if ((this.#lastSeen.get(name) ?? 0) >= at) return false;
    this.#lastSeen.set(name, at);
    return true;
  }

  #noteClient(user: string, family: string): void {
    const key = `${user} ${family}`;
    this.#clients.set(key, { user, family, count: (this.#clients.get(key)?.count ?? 0) + 1 });
  }

  #noteHousehold(user: string, address: string, now: Date): void {
    this.#turnTo(now);
    const household = householdOf(address);
    const all = this.#households.get(user) ?? new Set();
    if (all.has(household)) return;
    this.#households.set(user, all.add(household));
    this.#newHouseholds.push({ user, household });
  }

  #turnTo(now: Date): void {
    const day = dayOf(now.getTime());
    if (day === this.#day) return;
    this.#day = day;
    this.#households = new Map();
  }
}

function dayOf(unixMs: number): number {
  return Math.floor(unixMs / DAY_MS);
}
