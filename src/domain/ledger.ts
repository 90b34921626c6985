import type { ConnectionRecord } from "./connection-record.ts";
import type { QuotaPeriod } from "./user-limits.ts";

/** Bytes from clients and to them, and connections that ended. */
export type Sums = readonly [bytesIn: number, bytesOut: number, connections: number];

/** What one account used; days and months in UTC, by the end of the connection. */
export interface Account {
  readonly total: Sums;
  /** `2026-11` → sums. */
  readonly months: Readonly<Record<string, Sums>>;
  /** `2026-11-21` → sums. */
  readonly days: Readonly<Record<string, Sums>>;
}

/**
 * What is known of a server entry in one worker of HAProxy: bytes of its records, bytes that the worker's counters showed last (records
 * and what is open), and bytes that were booked for connections whose records never came.
 */
export type ServerBytes = readonly [
  recordIn: number,
  recordOut: number,
  seenIn: number,
  seenOut: number,
  creditIn: number,
  creditOut: number,
];

export interface WorkerBytes {
  readonly servers: Readonly<Record<string, ServerBytes>>;
  /** ISO 8601; since when it is not there any more. */
  readonly goneSince?: string;
  /** What it took along is booked. */
  readonly settled?: boolean;
}

/** How far the log was read. */
export interface LogPosition {
  /** Id of the container that printed it. */
  readonly container: string;
  /** Of the last records, oldest first: the engine's time of the line (RFC 3339, nanoseconds) and the record's id. */
  readonly recent: readonly (readonly [at: string, id: string])[];
}

export interface LedgerState {
  readonly position?: LogPosition;
  readonly accounts: Readonly<Record<string, Account>>;
  /** By the worker's own mark. */
  readonly workers: Readonly<Record<string, WorkerBytes>>;
}

export const emptyLedger: LedgerState = { accounts: {}, workers: {} };

/** What a worker counts for a server entry, ended and open connections together. */
export interface SeenBytes {
  readonly name: string;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** Lines within so short a time may come again when the log is read from a position. */
const OVERLAP_MS = 2000;
const MOST_RECENT = 1000;
const KEPT_DAYS = 62;
const KEPT_MONTHS = 25;
/** A worker's last records are in the log by then. */
const SETTLE_AFTER_MS = 15_000;
const FORGET_AFTER_MS = 86_400_000;
const NOTHING: Sums = [0, 0, 0];
const NO_BYTES: ServerBytes = [0, 0, 0, 0, 0, 0];

/**
 * The sum of HAProxy's records, each counted once however often it is read, and beside them what is open now. What one writes down with
 * `state` is whole: sums and position belong together, so that whoever stops at any instant goes on from there.
 */
export class Ledger {
  #position: LogPosition | undefined;
  readonly #known: Set<string>;
  readonly #accounts: Map<string, Account>;
  readonly #workers: Map<string, WorkerBytes>;
  /** Grows with every change. */
  version = 0;

  constructor({ position, accounts, workers }: LedgerState = emptyLedger) {
    this.#position = position;
    this.#known = new Set(position?.recent.map(([, id]) => id));
    this.#accounts = new Map(Object.entries(accounts));
    this.#workers = new Map(Object.entries(workers));
  }

  get state(): LedgerState {
    return {
      ...(this.#position === undefined ? {} : { position: this.#position }),
      accounts: Object.fromEntries(this.#accounts),
      workers: Object.fromEntries(this.#workers),
    };
  }

  /** From when on a container's log is to be read; from its beginning when undefined. */
  startAt(container: string): string | undefined {
    if (this.#position?.container !== container) {
      this.#position = { container, recent: [] };
      this.#known.clear();
      this.version += 1;
    }
    const { recent } = this.#position;
    const [last, first] = [recent.at(-1)?.[0], recent[0]?.[0]];
    if (last === undefined || first === undefined) return undefined;
    const overlap = new Date(Date.parse(last) - OVERLAP_MS).toISOString();
    return recent.length < MOST_RECENT || first < overlap ? overlap : first;
  }

  /**
   * Books a record, unless it was read before.
   * @param at the engine's time of the line
   */
  take(at: string, record: ConnectionRecord): boolean {
    if (this.#position === undefined || this.#known.has(record.id)) return false;
    this.#remember(at, record.id);
    this.version += 1;
    const { server } = record;
    if (server === undefined) return true;
    const [bytesIn, bytesOut] = this.#afterCredit(record, server);
    this.#book(accountOf(server), record.endedAt, [bytesIn, bytesOut, 1]);
    return true;
  }

  /** What a living worker counts now. */
  see(worker: string, counts: readonly SeenBytes[]): void {
    const { servers } = this.#workers.get(worker) ?? { servers: {} };
    const seen = counts.filter(({ bytesIn, bytesOut }) => bytesIn + bytesOut > 0);
    const next = seen.map(({ name, bytesIn, bytesOut }) => {
      const [recordIn, recordOut, seenIn, seenOut] = servers[name] ?? NO_BYTES;
      // A server entry that was removed and made again counts from 0.
      const now: ServerBytes = [recordIn, recordOut, Math.max(seenIn, bytesIn), Math.max(seenOut, bytesOut), 0, 0];
      return [name, now] as const;
    });
    const isNew = next.some(([name, bytes]) => bytes.some((value, index) => value !== servers[name]?.[index]));
    if (isNew) this.version += 1;
    this.#workers.set(worker, { servers: { ...servers, ...Object.fromEntries(next) } });
  }

  /** Books what workers took along that went without a word, once their records had time to come. */
  settle(living: readonly string[], now: Date): void {
    for (const [mark, worker] of this.#workers) {
      if (living.includes(mark)) continue;
      const goneSince = worker.goneSince ?? now.toISOString();
      const age = now.getTime() - Date.parse(goneSince);
      if (worker.goneSince === undefined) this.#workers.set(mark, { ...worker, goneSince });
      else if (age > FORGET_AFTER_MS) this.#workers.delete(mark);
      else if (age > SETTLE_AFTER_MS && worker.settled !== true) this.#settleOne(mark, worker, now);
      else continue;
      this.version += 1;
    }
  }

  /** Bytes in both directions within a period, those of open connections included. */
  used(account: string, period: QuotaPeriod, now: Date): number {
    const { months = {}, days = {} } = this.#accounts.get(account) ?? {};
    const today = dayOf(now);
    const sums = period === "month" ? [months[today.slice(0, 7)]] : lastDays(days, Number.parseInt(period, 10), now);
    return this.open(account) + sums.reduce((total, [bytesIn, bytesOut] = NOTHING) => total + bytesIn + bytesOut, 0);
  }

  /** Bytes of connections that are open, as far as the workers have counted them. */
  open(account: string): number {
    let total = 0;
    for (const { servers, settled } of this.#workers.values()) {
      if (settled === true) continue;
      for (const [name, [recordIn, recordOut, seenIn, seenOut]] of Object.entries(servers))
        if (accountOf(name) === account) total += Math.max(0, seenIn - recordIn) + Math.max(0, seenOut - recordOut);
    }
    return total;
  }

  account(name: string): Account | undefined {
    return this.#accounts.get(name);
  }

  #remember(at: string, id: string): void {
    const { container = "", recent = [] } = this.#position ?? {};
    const next = [...recent, [at, id] as const];
    const forgotten = next.length > MOST_RECENT ? next.shift() : undefined;
    if (forgotten !== undefined) this.#known.delete(forgotten[1]);
    this.#known.add(id);
    this.#position = { container, recent: next };
  }

  /** Bytes of a record that are not booked yet. */
  #afterCredit({ worker, bytesIn, bytesOut }: ConnectionRecord, server: string): [number, number] {
    if (worker === undefined) return [bytesIn, bytesOut];
    const known = this.#workers.get(worker) ?? { servers: {} };
    const [recordIn, recordOut, seenIn, seenOut, creditIn, creditOut] = known.servers[server] ?? NO_BYTES;
    const paid = [Math.min(creditIn, bytesIn), Math.min(creditOut, bytesOut)] as const;
    const bytes: ServerBytes = [
      recordIn + bytesIn,
      recordOut + bytesOut,
      seenIn,
      seenOut,
      creditIn - paid[0],
      creditOut - paid[1],
    ];
    this.#workers.set(worker, { ...known, servers: { ...known.servers, [server]: bytes } });
    return [bytesIn - paid[0], bytesOut - paid[1]];
  }

  #settleOne(mark: string, { servers, ...rest }: WorkerBytes, now: Date): void {
    const settled = Object.entries(servers).map(([name, [recordIn, recordOut, seenIn, seenOut]]) => {
      const [lostIn, lostOut] = [Math.max(0, seenIn - recordIn), Math.max(0, seenOut - recordOut)];
      if (lostIn + lostOut > 0) this.#book(accountOf(name), now, [lostIn, lostOut, 0]);
      return [name, [recordIn, recordOut, seenIn, seenOut, lostIn, lostOut] satisfies ServerBytes] as const;
    });
    this.#workers.set(mark, { ...rest, servers: Object.fromEntries(settled), settled: true });
  }

  #book(name: string, at: Date, sums: Sums): void {
    const { total, months, days } = this.#accounts.get(name) ?? { total: NOTHING, months: {}, days: {} };
    const day = dayOf(at);
    this.#accounts.set(name, {
      total: added(total, sums),
      months: withSums(months, day.slice(0, 7), sums, KEPT_MONTHS),
      days: withSums(days, day, sums, KEPT_DAYS),
    });
  }
}

/** Whose a server entry is: `alice` of `alice` and `alice:old`, a shared secret's own of `secret:ID`. */
export function accountOf(server: string): string {
  return server.startsWith("secret:") ? server : (server.split(":", 1)[0] ?? server);
}

function added(a: Sums, b: Sums): Sums {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}

function withSums(
  periods: Readonly<Record<string, Sums>>,
  name: string,
  sums: Sums,
  kept: number,
): Record<string, Sums> {
  const next = { ...periods, [name]: added(periods[name] ?? NOTHING, sums) };
  const names = Object.keys(next);
  if (names.length <= kept) return next;
  return Object.fromEntries(
    names
      .sort()
      .slice(-kept)
      .map((it) => [it, next[it] ?? NOTHING]),
  );
}

function dayOf(at: Date): string {
  return at.toISOString().slice(0, 10);
}

function lastDays(days: Readonly<Record<string, Sums>>, count: number, now: Date): (Sums | undefined)[] {
  return Array.from({ length: count }, (_, index) => days[dayOf(new Date(now.getTime() - index * 86_400_000))]);
}
