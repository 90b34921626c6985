import { type Account, booked, emptyAccount, type Sums, usedWithin } from "./account.ts";
import type { ConnectionRecord } from "./connection-record.ts";
import { type LogPosition, LogReader } from "./log-position.ts";
import type { User } from "./user.ts";
import type { QuotaPeriod } from "./user-limits.ts";
import { type SeenBytes, WorkerBook, type WorkerBytes } from "./worker-book.ts";

export interface LedgerState {
  readonly position?: LogPosition;
  readonly accounts: Readonly<Record<string, Account>>;
  /** By the worker's own mark. */
  readonly workers: Readonly<Record<string, WorkerBytes>>;
}

export const emptyLedger: LedgerState = { accounts: {}, workers: {} };

const DAY_MS = 86_400_000;

/** Somebody of whom nobody wrote down when they came. */
const ALWAYS = new Date(0).toISOString();

/**
 * What everybody used. Bytes are booked when a worker's counters show them, and what they did not show yet when the record of the
 * connection comes; each byte once, however often records are read. What one writes down with `state` is whole: sums and position
 * belong together, so that whoever stops at any instant goes on from there.
 */
export class Ledger {
  readonly #log: LogReader;
  readonly #workers: WorkerBook;
  readonly #accounts: Map<string, Account>;
  /** Since when each name is whose it is now. */
  readonly #people = new Map<string, string>();
  #changes = 0;
  /** Of accounts within periods, as long as nothing is booked and the day is the same: whoever has a quota is asked for four times a second. */
  readonly #used = { version: -1, day: -1, sums: new Map<string, number>() };

  constructor({ position, accounts, workers }: LedgerState = emptyLedger) {
    this.#log = new LogReader(position);
    this.#accounts = new Map(Object.entries(accounts));
    this.#workers = new WorkerBook(workers);
  }

  /** As they are now: they go on changing. */
  get accounts(): ReadonlyMap<string, Account> {
    return this.#accounts;
  }

  get state(): LedgerState {
    const { position } = this.#log;
    return {
      ...(position === undefined ? {} : { position }),
      accounts: Object.fromEntries(this.#accounts),
      workers: this.#workers.state,
    };
  }

  /** Grows with every change. */
  get version(): number {
    return this.#changes + this.#workers.version;
  }

  /** From when on a container's log is to be read; from its beginning when undefined. */
  startAt(container: string): string | undefined {
    if (this.#log.turnTo(container)) this.#changes += 1;
    return this.#log.start;
  }

  /**
   * Books what of a record was not seen before, unless it was read already.
   * @param at the engine's time of the line
   */
  take(at: string, record: ConnectionRecord): boolean {
    if (!this.#log.take(at, record.id)) return false;
    this.#changes += 1;
    const { server: entry, worker } = record;
    if (entry === undefined) return true;
    const server = this.#whose(entry, record.startedAt);
    const bytes = [record.bytesIn, record.bytesOut] as const;
    const news = worker === undefined ? bytes : this.#workers.take(worker, { server, entry }, bytes);
    this.#book(accountOf(server), record.endedAt, [...news, 1]);
    return true;
  }

  /** Books what a living worker counts now and did not count before. */
  see(worker: string, counts: readonly SeenBytes[], now: Date): void {
    for (const [server, news] of this.#workers.see(worker, counts))
      if (news[0] + news[1] > 0) this.#book(accountOf(server), now, [...news, 0]);
  }

  /** Forgets workers long after they have gone. For whoever has read all of their records. */
  forgetAllBut(living: readonly string[], now: Date): void {
    this.#workers.forgetAllBut(living, now);
  }

  /**
   * Tells whose the names are. Somebody who came after the last one of that name begins at nothing; what the one before used is kept
   * under a name of its own, `alice@` and when the next one came.
   */
  setPeople(people: readonly Pick<User, "name" | "createdAt">[], now: Date): void {
    for (const { name, createdAt } of people) {
      const since = createdAt === undefined ? ALWAYS : pastInstant(createdAt, now);
      if (since === undefined) continue;
      this.#people.set(name, since);
      const account = this.#accounts.get(name);
      if (account === undefined || (account.since ?? "") >= since) continue;
      if (account.since !== undefined) this.#handOver(name, account, since);
      this.#accounts.set(name, { ...(account.since === undefined ? account : emptyAccount), since });
      this.#changes += 1;
    }
  }

  /** Bytes in both directions within a period. */
  used(account: string, period: QuotaPeriod, now: Date): number {
    const [known, day] = [this.#used, Math.floor(now.getTime() / DAY_MS)];
    if (known.version !== this.version || known.day !== day)
      Object.assign(known, { version: this.version, day, sums: new Map() });
    const key = `${account} ${period}`;
    const sum = known.sums.get(key) ?? usedWithin(this.#accounts.get(account) ?? emptyAccount, period, now);
    known.sums.set(key, sum);
    return sum;
  }

  account(name: string): Account | undefined {
    return this.#accounts.get(name);
  }

  #book(name: string, at: Date, sums: Sums): void {
    const since = this.#people.get(name);
    const fresh = { ...emptyAccount, ...(since === undefined ? {} : { since }) };
    this.#accounts.set(name, booked(this.#accounts.get(name) ?? fresh, at, sums));
    this.#changes += 1;
  }

  /** The server entry, or what it is called since somebody else has the name. HAProxy tells the second of a start. */
  #whose(server: string, startedAt: Date): string {
    const account = accountOf(server);
    const since = this.#accounts.get(account)?.since ?? this.#people.get(account);
    if (since === undefined || startedAt.getTime() >= Math.floor(Date.parse(since) / 1000) * 1000) return server;
    return this.#whose(formerOf(server, since), startedAt);
  }

  #handOver(name: string, account: Account, since: string): void {
    this.#accounts.set(formerOf(name, since), account);
    this.#workers.handOver((server) => (accountOf(server) === name ? formerOf(server, since) : undefined));
  }
}

/** Whose a server entry is: `alice` of `alice` and `alice:old`, a shared secret's own of `secret:ID`. */
export function accountOf(server: string): string {
  return server.startsWith("secret:") ? server : (server.split(":", 1)[0] ?? server);
}

/** What an account or a server entry of before is called: `alice@20261121T120000.000Z:old`. A name has neither sign. */
function formerOf(server: string, since: string): string {
  const [, name = "", kind = ""] = /^([^@:]*)(?:@[^:]*)?(:.*)?$/.exec(server) ?? [];
  return `${name}@${since.replace(/[-:]/g, "")}${kind}`;
}

/** Undefined for what is no time, or not yet: a clock that was wrong tells nobody apart. */
function pastInstant(text: string, now: Date): string | undefined {
  const time = Date.parse(text);
  return time <= now.getTime() ? new Date(time).toISOString() : undefined;
}
