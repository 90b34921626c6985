import fc from "fast-check";
import { expect, it } from "vitest";
import type { ConnectionRecord } from "../../../src/domain/connection-record.ts";
import { Ledger, type LedgerState } from "../../../src/domain/ledger.ts";

const START = Date.parse("2026-10-30T12:00:00Z");
const DAY_MS = 86_400_000;
const names = ["alice", "alice:old", "bob"] as const;
type Name = (typeof names)[number];
type Pair = [bytesIn: number, bytesOut: number];

interface Worker {
  readonly mark: string;
  isAlive: boolean;
  wasKilled: boolean;
  readonly counters: Record<Name, Pair>;
}

interface Connection {
  readonly worker: Worker;
  readonly name: Name;
  readonly startedAt: Date;
  readonly bytes: Pair;
}

/** HAProxy with its log, and the daemon that reads and looks, as far as a ledger can tell; every byte with its time. */
class Model {
  #now = START;
  #workers: Worker[] = [newWorker(0)];
  #open: Connection[] = [];
  readonly #log: { at: string; record: ConnectionRecord }[] = [];
  /** Who carried what, and when, and by which worker. */
  readonly #carried: { at: number; worker: Worker; name: Name; bytes: Pair }[] = [];
  /** What the ledger that is in use was shown: by worker and name, since when. */
  #shown: { at: number; worker: Worker; name: Name; bytes: Pair }[] = [];
  #ledger = new Ledger();
  #saved: { state: LedgerState; shown: number } = { state: this.#ledger.state, shown: 0 };

  open(which: number): void {
    const name = names[which % names.length] ?? "bob";
    this.#open.push({ worker: this.#current, name, startedAt: new Date(this.#now), bytes: [0, 0] });
  }

  carry(which: number, bytes: Pair): void {
    const connection = this.#open[which % this.#open.length];
    if (connection === undefined) return;
    const { worker, name } = connection;
    add(connection.bytes, bytes);
    add(worker.counters[name], bytes);
    this.#carried.push({ at: this.#now, worker, name, bytes });
  }

  end(which: number): void {
    const connection = this.#open[which % this.#open.length];
    if (connection !== undefined) this.#end(connection);
  }

  wait(seconds: number): void {
    this.#now += seconds * 1000;
  }

  look(): void {
    for (const worker of this.#workers.filter(({ isAlive }) => isAlive)) {
      const counts = names.map((name) => ({ name, bytes: [...worker.counters[name]] as Pair }));
      this.#shown.push(...counts.map((count) => ({ ...count, at: this.#now, worker })));
      const seen = counts.map(({ name, bytes: [bytesIn, bytesOut] }) => ({ name, bytesIn, bytesOut }));
      this.#ledger.see(worker.mark, seen, new Date(this.#now));
    }
    const living = this.#workers.filter(({ isAlive }) => isAlive).map(({ mark }) => mark);
    this.read(this.#log.length);
    this.#ledger.forgetAllBut(living, new Date(this.#now));
  }

  read(count: number): void {
    const since = this.#ledger.startAt("c1");
    const lines = this.#log.filter(({ at }) => since === undefined || at >= since);
    for (const { at, record } of lines.slice(0, count)) this.#ledger.take(at, record);
  }

  save(): void {
    this.#saved = { state: this.#ledger.state, shown: this.#shown.length };
  }

  restart(): void {
    this.#ledger = new Ledger(JSON.parse(JSON.stringify(this.#saved.state)));
    this.#shown = this.#shown.slice(0, this.#saved.shown);
  }

  reload(): void {
    this.#workers.push(newWorker(this.#workers.length));
    this.#leave();
  }

  kill(): void {
    for (const worker of this.#workers) {
      if (worker.isAlive) worker.wasKilled = true;
      worker.isAlive = false;
    }
    this.#open = [];
    this.#workers.push(newWorker(this.#workers.length));
  }

  /** A server entry is removed, which closes what it has, and made again. */
  renew(which: number): void {
    const name = names[which % names.length] ?? "bob";
    for (const connection of this.#open.filter((it) => it.name === name)) this.#end(connection);
    this.#current.counters[name] = [0, 0];
  }

  /** Ends everything, reads everything, and compares. */
  check(): void {
    for (const connection of [...this.#open]) this.#end(connection);
    this.read(this.#log.length);
    for (const account of ["alice", "bob"]) {
      this.#checkTotal(account);
      this.#checkDays(account);
    }
  }

  #checkTotal(account: string): void {
    const total = this.#ledger.account(account)?.total ?? [0, 0, 0];
    const records = this.#log.map(({ record }) => record).filter(({ server }) => isOf(server, account));
    expect(total[2]).toBe(records.length);
    const carried = this.#carried.filter(({ name }) => isOf(name, account));
    for (const way of [0, 1] as const) {
      const sum = (all: readonly { readonly bytes: Pair }[]) => all.reduce((all, { bytes }) => all + bytes[way], 0);
      const least = sum(carried.filter(({ worker }) => !worker.wasKilled));
      const shown = this.#workers
        .filter(({ wasKilled }) => wasKilled)
        .map((worker) => this.#mostShown(account, worker, way, Number.POSITIVE_INFINITY));
      expect(total[way]).toBeGreaterThanOrEqual(least + shown.reduce((all, bytes) => all + bytes, 0));
      expect(total[way]).toBeLessThanOrEqual(sum(carried));
      if (shown.length === 0) expect(total[way]).toBe(sum(carried));
    }
  }

  /** What was booked up to each midnight had been carried by then, and holds all that was shown by then. */
  #checkDays(account: string): void {
    const days = Object.entries(this.#ledger.account(account)?.days ?? {});
    for (let end = startOfDay(START) + DAY_MS; end < this.#now + DAY_MS; end += DAY_MS) {
      const booked = days.filter(([day]) => Date.parse(day) < end).map(([, sums]) => sums);
      const carried = this.#carried.filter(({ at, name }) => at < end && isOf(name, account));
      for (const way of [0, 1] as const) {
        const sum = booked.reduce((all, sums) => all + sums[way], 0);
        expect(sum).toBeLessThanOrEqual(carried.reduce((all, { bytes }) => all + bytes[way], 0));
        const shown = this.#workers.map((worker) => this.#mostShown(account, worker, way, end));
        expect(sum).toBeGreaterThanOrEqual(shown.reduce((all, bytes) => all + bytes, 0));
      }
    }
  }

  #mostShown(account: string, worker: Worker, way: 0 | 1, before: number): number {
    const looks = this.#shown.filter((it) => it.worker === worker && it.at < before && isOf(it.name, account));
    const most = names.map((name) => Math.max(0, ...looks.filter((it) => it.name === name).map((it) => it.bytes[way])));
    return most.reduce((all, bytes) => all + bytes, 0);
  }

  #end(connection: Connection): void {
    this.#open.splice(this.#open.indexOf(connection), 1);
    const { worker, name, startedAt, bytes } = connection;
    const endedAt = new Date(this.#now);
    const id = String(this.#log.length);
    const record = { id, startedAt, endedAt, from: "192.0.2.1", server: name, bytesIn: bytes[0], bytesOut: bytes[1] };
    const at = endedAt.toISOString().replace("Z", `${id.padStart(6, "0")}Z`);
    this.#log.push({ at, record: { ...record, worker: worker.mark } });
    this.#leave();
  }

  get #current(): Worker {
    return this.#workers.at(-1) ?? newWorker(0);
  }

  /** An old worker ends with its last connection. */
  #leave(): void {
    for (const worker of this.#workers.slice(0, -1))
      if (!this.#open.some((connection) => connection.worker === worker)) worker.isAlive = false;
  }
}

function newWorker(number: number): Worker {
  const counters = { alice: [0, 0], "alice:old": [0, 0], bob: [0, 0] } satisfies Record<Name, Pair>;
  return { mark: `w${number}`, isAlive: true, wasKilled: false, counters };
}

function add(sum: Pair, more: Pair): void {
  sum[0] += more[0];
  sum[1] += more[1];
}

function isOf(server: string | undefined, account: string): boolean {
  return server?.split(":")[0] === account;
}

function startOfDay(time: number): number {
  return time - (time % DAY_MS);
}

const which = fc.nat(3);
const bytes = fc.tuple(fc.nat(1000), fc.nat(100_000));
const happenings: fc.WeightedArbitrary<(model: Model) => void>[] = [
  { weight: 8, arbitrary: fc.tuple(which, bytes).map((of) => (model) => model.carry(...of)) },
  { weight: 4, arbitrary: which.map((it) => (model) => model.open(it)) },
  { weight: 4, arbitrary: which.map((it) => (model) => model.end(it)) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 40_000 }).map((it) => (model) => model.wait(it)) },
  { weight: 5, arbitrary: fc.constant((model) => model.look()) },
  { weight: 5, arbitrary: fc.constantFrom(1, 3, 1000).map((it) => (model) => model.read(it)) },
  { weight: 2, arbitrary: fc.constant((model) => model.save()) },
  { weight: 1, arbitrary: fc.constant((model) => model.restart()) },
  { weight: 1, arbitrary: fc.constant((model) => model.reload()) },
  { weight: 1, arbitrary: fc.constant((model) => model.kill()) },
  { weight: 2, arbitrary: which.map((it) => (model) => model.renew(it)) },
];

it("has every byte once, on its day or that of the next look, whatever happens in whatever order", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(...happenings), { minLength: 5, maxLength: 120 }), (all) => {
      const model = new Model();
      for (const happens of all) happens(model);
      model.check();
    }),
    { numRuns: 1000 },
  );
});
