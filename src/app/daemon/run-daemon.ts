import { setTimeout as sleep } from "node:timers/promises";
import type { Context } from "../../context.ts";
import type { ConnectionRecord } from "../../domain/connection-record.ts";
import { wordsOf } from "../../domain/errors.ts";
import { Ledger } from "../../domain/ledger.ts";
import { nearQuota, passingRefusals } from "../../domain/refusals.ts";
import type { Settings } from "../../domain/settings.ts";
import type { User } from "../../domain/user.ts";
import type { QuotaPeriod } from "../../domain/user-limits.ts";
import { loadSettings } from "../load-state.ts";
import { carryConnections } from "../routing/carry-connections.ts";
import { drainBetween } from "../routing/drain.ts";
import { correctAddresses } from "./correct-addresses.ts";
import { daemonLock, reportDaemon } from "./daemon-state.ts";
import { Enforcer } from "./enforcer.ts";
import { followRecords } from "./follow-records.ts";

export interface DaemonOptions {
  readonly signal: AbortSignal;
  /** One line of a log; without keys. */
  readonly log: (line: string) => void;
}

/** How often each part is done; expiry is to be felt within a second, a quota within ten. */
const EVERY_MS = {
  drain: 5000,
  enforce: 250,
  read: 1000,
  observe: 2000,
  save: 10_000,
  follow: 2000,
  write: 500,
} as const;

/**
 * Until `signal` aborts: sums what everybody uses, ends what has expired or is used up, and keeps HAProxy's counts of addresses right.
 * Where nothing is routed by HAProxy it waits for that.
 * @throws AppError conflict while another one runs
 */
export async function runDaemon(ctx: Context, options: DaemonOptions): Promise<void> {
  const work = async () => {
    await reportDaemon(ctx);
    await new Daemon(ctx, options).run();
  };
  await ctx.locks.withLock(daemonLock(ctx), work, { purpose: "mtproxy daemon", waitMs: 0 });
}

class Daemon {
  readonly #ctx: Context;
  readonly #signal: AbortSignal;
  readonly #log: (line: string) => void;
  readonly #enforcer: Enforcer;
  /** Not written to it yet. */
  #records: ConnectionRecord[] = [];
  #ledger = new Ledger();
  #saved = 0;
  #settings: Settings | undefined;
  #users: readonly User[] = [];
  readonly #warned = new Set<string>();
  /** What HAProxy recorded before is in the ledger: on the days when it was used, and before anything is forgotten. */
  #isPastRead = false;

  constructor(ctx: Context, { signal, log }: DaemonOptions) {
    this.#ctx = ctx;
    this.#signal = signal;
    this.#log = log;
    this.#enforcer = new Enforcer(ctx, log);
  }

  async run(): Promise<void> {
    this.#ledger = new Ledger(await this.#ctx.stores.ledger.read());
    await this.#read();
    this.#log("ready");
    await Promise.all([
      this.#repeat("reading users and settings", EVERY_MS.read, () => this.#read()),
      this.#repeat(
        "reading HAProxy's records",
        EVERY_MS.follow,
        this.#atEdge(() => this.#follow()),
      ),
      this.#repeat(
        "asking HAProxy",
        EVERY_MS.observe,
        this.#atEdge(() => this.#observe()),
      ),
      this.#repeat(
        "ending what is over",
        EVERY_MS.enforce,
        this.#atEdge(() => this.#enforce()),
      ),
      this.#repeat(
        "ending what was replaced",
        EVERY_MS.drain,
        this.#atEdge(() => this.#drain()),
      ),
      this.#repeat("saving the ledger", EVERY_MS.save, () => this.#save()),
      this.#repeat("writing the log of connections", EVERY_MS.write, () => this.#writeLog()),
    ]);
    await this.#save();
    await this.#writeLog();
  }

  /** Trouble is told when it begins and when it ends; everything else goes on. */
  async #repeat(what: string, everyMs: number, work: () => Promise<void>): Promise<void> {
    let trouble: string | undefined;
    while (!this.#signal.aborted) {
      const fault = await work().then(() => undefined, wordsOf);
      if (fault !== undefined && fault !== trouble) this.#log(`${what}: ${fault}`);
      if (fault === undefined && trouble !== undefined) this.#log(`${what}: works again`);
      trouble = fault;
      await this.#pause(everyMs);
    }
  }

  /** Ends at once with the signal. */
  async #pause(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal: this.#signal }).catch(() => {});
  }

  #atEdge(work: () => Promise<void>): () => Promise<void> {
    return async () => {
      if (this.#settings?.routing === "edge") await work();
    };
  }

  async #read(): Promise<void> {
    this.#settings = await loadSettings(this.#ctx);
    this.#users = (await this.#ctx.stores.users.read()).users;
    this.#ledger.setPeople(this.#users, this.#ctx.clock.now());
  }

  async #follow(): Promise<void> {
    if (this.#settings === undefined) return;
    const { edge } = await this.#ctx.engine(this.#settings);
    const onRecord = (record: ConnectionRecord) => void this.#records.push(record);
    const onPresent = () => {
      this.#isPastRead = true;
    };
    const options = { signal: this.#signal, onRecord, onPresent };
    if (edge !== undefined) await followRecords(this.#ctx, edge, this.#ledger, options);
  }

  /** What cannot be written is let go: nobody waits for it, and the ledger has it. */
  async #writeLog(): Promise<void> {
    const records = this.#records;
    this.#records = [];
    await this.#ctx.connectionLog.write(records, this.#settings?.logAddresses ?? "off");
  }

  async #observe(): Promise<void> {
    if (!this.#isPastRead) return;
    const haproxy = await this.#ctx.haproxy();
    const workers = await haproxy.workers();
    const now = this.#ctx.clock.now();
    for (const { mark, counts } of workers) this.#ledger.see(mark, counts, now);
    const marks = workers.map(({ mark }) => mark);
    this.#ledger.forgetAllBut(marks, now);
    await correctAddresses(haproxy);
    await carryConnections(haproxy, this.#users, workers);
  }

  async #drain(): Promise<void> {
    if (this.#settings !== undefined) await drainBetween(this.#ctx, this.#settings);
  }

  async #enforce(): Promise<void> {
    const now = this.#ctx.clock.now();
    const used = (name: string, period: QuotaPeriod) => this.#ledger.used(name, period, now);
    this.#warn(used);
    await this.#enforcer.enforce(passingRefusals(this.#users, used, now));
  }

  /** Once, until they are far from it again. */
  #warn(used: (name: string, period: QuotaPeriod) => number): void {
    const near = nearQuota(this.#users, used);
    for (const { name, percent } of near)
      if (!this.#warned.has(name)) this.#log(`${name} has used ${percent} % of the quota`);
    this.#warned.clear();
    for (const { name } of near) this.#warned.add(name);
  }

  async #save(): Promise<void> {
    const { version, state } = this.#ledger;
    if (version === this.#saved) return;
    await this.#ctx.stores.ledger.write(state);
    this.#saved = version;
  }
}
