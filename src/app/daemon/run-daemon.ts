import { setTimeout as sleep } from "node:timers/promises";
import type { Context } from "../../context.ts";
import type { ConnectionRecord } from "../../domain/connection-record.ts";
import { wordsOf } from "../../domain/errors.ts";
import { Ledger } from "../../domain/ledger.ts";
import { resolutions } from "../../domain/numbers/history.ts";
import { nearQuota, type PassingRefusals, passingRefusals } from "../../domain/refusals.ts";
import type { Settings } from "../../domain/settings.ts";
import type { User } from "../../domain/user.ts";
import type { QuotaPeriod } from "../../domain/user-limits.ts";
import type { LivingWorker } from "../../haproxy.ts";
import { AlertWatch } from "../alerts/alert-watch.ts";
import { noteDrained } from "../audit/note-drained.ts";
import { Collector } from "../collector/collector.ts";
import { Kept } from "../kept.ts";
import { loadSettings } from "../load-state.ts";
import { carryConnections } from "../routing/carry-connections.ts";
import { drainBetween } from "../routing/drain.ts";
import type { ServeNumbers } from "../stats-api/serve-numbers.ts";
import { StatsService } from "../stats-api/stats-service.ts";
import { correctAddresses } from "./correct-addresses.ts";
import { daemonLock, reportDaemon } from "./daemon-state.ts";
import { Enforcer } from "./enforcer.ts";
import { followRecords } from "./follow-records.ts";
import { Repeater } from "./repeater.ts";

export interface DaemonOptions {
  readonly signal: AbortSignal;
  /** One line of a log; without keys. */
  readonly log: (line: string) => void;
  /** What opens the stats API, where the settings want one. */
  readonly serve: ServeNumbers;
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
  look: resolutions.raw * 1000,
  serve: 1000,
} as const;

const LAST_LOOK_MS = 3000;
const LAST_ALERTS_MS = 3000;
/** What HAProxy said longer ago says nothing of now. */
const LATEST_MS = 3 * EVERY_MS.observe;

/**
 * Until `signal` aborts: looks at everything every ten seconds and keeps what it saw. Where HAProxy routes it sums what everybody uses, ends
 * what has expired or is used up, and keeps HAProxy's counts of addresses right.
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
  /** As `performance.now()` counts. */
  #savedAt = 0;
  #saving: Promise<void> = Promise.resolve();
  readonly #settingsFile: Kept<Settings>;
  readonly #usersFile: Kept<readonly User[]>;
  #settings: Settings | undefined;
  #users: readonly User[] = [];
  readonly #collector: Collector;
  readonly #alerts: AlertWatch;
  readonly #statsService: StatsService;
  #workers: { readonly at: number; readonly living: readonly LivingWorker[] } | undefined;
  readonly #warned = new Set<string>();
  /** What goes on as soon as HAProxy routes. */
  readonly #waiting: (() => void)[] = [];
  /** What HAProxy recorded before is in the ledger: on the days when it was used, and before anything is forgotten. */
  #isPastRead = false;

  constructor(ctx: Context, { signal, log, serve }: DaemonOptions) {
    this.#ctx = ctx;
    this.#signal = signal;
    this.#log = log;
    this.#settingsFile = new Kept(ctx, ctx.paths.settings, () => loadSettings(ctx));
    this.#usersFile = new Kept(ctx, ctx.paths.users, async () => (await ctx.stores.users.read()).users);
    this.#enforcer = new Enforcer(ctx, log);
    this.#collector = new Collector(ctx, log);
    this.#alerts = new AlertWatch(ctx, log, (event) => this.#collector.note(event));
    this.#collector.onLook((snapshot) => void this.#alerts.look(snapshot));
    this.#statsService = new StatsService(ctx, { serve, source: this.#collector, log });
  }

  async run(): Promise<void> {
    this.#ledger = new Ledger(await this.#ctx.stores.ledger.read());
    await this.#read();
    if (this.#settings !== undefined) await this.#collector.open({ settings: this.#settings, ledger: this.#ledger });
    this.#log("ready");
    const { every, everyFull } = new Repeater(this.#signal, this.#log);
    this.#signal.addEventListener("abort", () => this.#letGo(), { once: true });
    const atEdge = (milliseconds: number, what: string, work: () => Promise<void>) =>
      every(milliseconds, what, async () => {
        await this.#untilRouted();
        if (!this.#signal.aborted) await work();
      });
    await Promise.all([
      every(EVERY_MS.read, "reading users and settings", () => this.#read()),
      atEdge(EVERY_MS.follow, "reading HAProxy's records", () => this.#follow()),
      atEdge(EVERY_MS.observe, "asking HAProxy", () => this.#observe()),
      atEdge(EVERY_MS.enforce, "ending what is over", () => this.#enforce()),
      atEdge(EVERY_MS.drain, "ending what was replaced", () => this.#drain()),
      every(EVERY_MS.save, "saving the ledger", () => this.#saveUnlessJustSaved()),
      atEdge(EVERY_MS.write, "writing the log of connections", () => this.#writeLog()),
      everyFull(EVERY_MS.look, "looking at the numbers", () => this.#look()),
      every(EVERY_MS.serve, "serving figures", () => this.#serve()),
    ]);
    await this.#statsService.close();
    await this.#lastLook();
    await this.#save();
    await this.#writeLog();
    await this.#collector.close();
    // What is not delivered by then waits for the next start.
    await this.#alerts.close(LAST_ALERTS_MS);
  }

  async #read(): Promise<void> {
    this.#settings = await this.#settingsFile.get();
    this.#users = await this.#usersFile.get();
    this.#ledger.setPeople(this.#users, this.#ctx.clock.now());
    if (this.#isRouted) this.#letGo();
  }

  get #isRouted(): boolean {
    return this.#settings?.routing === "edge";
  }

  /** Returns when HAProxy routes, or at the end: what there is to do then would wake the daemon several times a second for nothing. */
  async #untilRouted(): Promise<void> {
    if (this.#isRouted || this.#signal.aborted) return;
    await new Promise<void>((go) => this.#waiting.push(go));
  }

  #letGo(): void {
    for (const go of this.#waiting.splice(0)) go();
  }

  async #serve(): Promise<void> {
    if (this.#settings !== undefined) await this.#statsService.follow(this.#settings);
  }

  async #follow(): Promise<void> {
    if (this.#settings === undefined) return;
    const { edge } = await this.#ctx.engine(this.#settings);
    const onRecord = (record: ConnectionRecord) => {
      this.#records.push(record);
      this.#collector.take(record);
    };
    const onPresent = () => {
      this.#isPastRead = true;
    };
    const options = { signal: this.#signal, isWanted: () => this.#isRouted, onRecord, onPresent };
    if (edge !== undefined) await followRecords(this.#ctx, edge, this.#ledger, options);
    await this.#writeLog();
  }

  /** What cannot be written is let go: nobody waits for it, and the ledger has it. */
  async #writeLog(): Promise<void> {
    const records = this.#records;
    if (records.length === 0) return;
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
    this.#workers = { at: now.getTime(), living: workers };
    this.#collector.takeDevices(await correctAddresses(haproxy));
    await carryConnections(haproxy, this.#users, workers);
  }

  async #look(): Promise<void> {
    if (this.#settings === undefined) return;
    const [settings, users, ledger] = [this.#settings, this.#users, this.#ledger];
    const now = this.#ctx.clock.now();
    const isLate = this.#workers === undefined || now.getTime() - this.#workers.at > LATEST_MS;
    const workers = isLate ? undefined : this.#workers?.living;
    const sight = { settings, users, refusals: this.#refusals(now), ledger, workers, isPastRead: this.#isPastRead };
    await this.#collector.look(sight, () => this.#save());
  }

  /** What was seen since the one before shall not be forgotten; but an engine that hangs holds nobody up. */
  async #lastLook(): Promise<void> {
    const patience = sleep(LAST_LOOK_MS, undefined, { ref: false });
    await Promise.race([this.#look(), patience]).catch((error) =>
      this.#log(`looking at the numbers: ${wordsOf(error)}`),
    );
  }

  /** Quotas are HAProxy's. */
  #refusals(now: Date): PassingRefusals {
    const used = (name: string, period: QuotaPeriod) => (this.#isRouted ? this.#ledger.used(name, period, now) : 0);
    return passingRefusals(this.#users, used, now);
  }

  async #drain(): Promise<void> {
    if (this.#settings !== undefined)
      await drainBetween(this.#ctx, this.#settings, noteDrained(this.#ctx, "daemon", this.#log));
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

  /** Each look saves it: this is for the time in which none ends. */
  async #saveUnlessJustSaved(): Promise<void> {
    if (performance.now() - this.#savedAt >= EVERY_MS.save) await this.#save();
  }

  /** One after the other: what is on disk is never older than what somebody was told. */
  #save(): Promise<void> {
    const save = async () => {
      const { version, state } = this.#ledger;
      if (version === this.#saved) return;
      await this.#ctx.stores.ledger.write(state);
      this.#saved = version;
      this.#savedAt = performance.now();
    };
    this.#saving = this.#saving.then(save, save);
    return this.#saving;
  }
}
