import type { Context } from "../../context.ts";
import type { ConnectionRecord } from "../../domain/connection-record.ts";
import { entryOf } from "../../domain/entry-of.ts";
import { wordsOf } from "../../domain/errors.ts";
import { type CollectorState, emptyState, readCollectorState } from "../../domain/numbers/collector-state.ts";
import type { HistoryEvent } from "../../domain/numbers/history.ts";
import { pastOf } from "../../domain/numbers/past.ts";
import { PendingEntry } from "../../domain/numbers/pending-entry.ts";
import { type DeviceSight, Sightings } from "../../domain/numbers/sightings.ts";
import type { Snapshot } from "../../domain/numbers/snapshot.ts";
import type { LookListener, NumbersSource } from "../../domain/numbers/source.ts";
import { type Tally, tally } from "../../domain/numbers/tally.ts";
import type { History } from "../../history.ts";
import { Patience } from "./patience.ts";
import { writeSnapshot } from "./snapshot-file.ts";
import { type DaemonSight, type Remembered, takeSight } from "./take-sight.ts";

/**
 * Looks at everything every ten seconds: writes what it saw into the history, and keeps the last look for whoever shows it. Without a
 * history it goes on, and what could not be written is part of the next entry that can.
 */
export class Collector implements NumbersSource {
  readonly #ctx: Context;
  readonly #log: (line: string) => void;
  readonly #sightings = new Sightings();
  readonly #pending = new PendingEntry();
  /** An engine that hangs must not keep everything else from being looked at. */
  readonly #patience = new Patience(PATIENCE_MS);
  readonly #listeners = new Set<LookListener>();
  readonly #noted: HistoryEvent[] = [];
  #history: History | undefined;
  #state = emptyState;
  #latest: Snapshot | undefined;
  /** Of the last look, as `performance.now()` counts. */
  #lookedAt: number | undefined;
  /** Distinct households of a day, as the history knows them. */
  #households: { readonly day: number; readonly counts: Readonly<Record<string, number>> } = { day: 0, counts: {} };
  #trouble: string | undefined;

  constructor(ctx: Context, log: (line: string) => void) {
    this.#ctx = ctx;
    this.#log = log;
  }

  latest(): Snapshot | undefined {
    return this.#latest;
  }

  onLook(listener: LookListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  history(): Promise<History> {
    return this.#ctx.history();
  }

  /** A connection that ended; each one once. */
  take(record: ConnectionRecord): void {
    this.#sightings.take(record, this.#ctx.clock.now());
  }

  /** Where the connections come from that are open. */
  takeDevices(devices: readonly DeviceSight[]): void {
    this.#sightings.takeDevices(devices, this.#ctx.clock.now());
  }

  /** Something that another part of the daemon found out: it is told with the next look. */
  note(event: HistoryEvent): void {
    this.#noted.push(event);
  }

  /** @param saveLedger is waited for before its sums go into the history, so that it is never behind */
  async look(daemon: DaemonSight, saveLedger: () => Promise<void>): Promise<void> {
    await this.open(daemon);
    const began = performance.now();
    const remembered = this.#remembered(began);
    const sight = await takeSight(this.#ctx, daemon, remembered, this.#patience).catch((error: unknown) => {
      this.#sightings.giveBack(remembered);
      throw error;
    });
    this.#lookedAt = began;
    const seen = tally(this.#state, sight);
    this.#state = seen.state;
    this.#sightings.lookedAt(seen.state.at);
    for (const { from } of seen.handedOver) this.#sightings.forget(from);
    this.#sightings.see(seen.seen);
    const { handedOver, increments } = seen;
    const events = [...this.#noted.splice(0), ...seen.events];
    this.#pending.add({ ...this.#sightings.takeNews(), handedOver, increments, events });
    try {
      await saveLedger();
      await this.#record(seen);
    } finally {
      // On a full disk too: what is seen is worth knowing then.
      await this.#tell(seen.snapshot, events);
    }
  }

  #remembered(now: number): Remembered {
    const before = this.#lookedAt;
    return {
      elapsed: before === undefined ? null : (now - before) / 1000,
      lastSeen: this.#sightings.lastSeen,
      households: this.#householdsToday(),
      ...this.#sightings.takeEnded(),
    };
  }

  async close(): Promise<void> {
    await this.#history?.close();
  }

  /** Goes on from where the daemon ended last: to be called before the first record is taken. Trouble is told, and tried again at each look. */
  async open(daemon: Pick<DaemonSight, "settings" | "ledger">): Promise<void> {
    if (this.#history !== undefined) return;
    this.#sightings.setOwnAddresses(await this.#ctx.host.addresses());
    await this.#orTellOnce(async () => {
      const history = await this.#ctx.history();
      const state = readCollectorState(await history.counters()) ?? (await this.#writePast(history, daemon));
      this.#sightings.remember(await history.lastSeen());
      this.#state = state;
      this.#sightings.lookedAt(state.at);
      this.#pending.forgetCounts();
      this.#lookedAt = undefined;
      this.#history = history;
    });
  }

  /** What was used before there was a history, as far as the ledger has it. */
  async #writePast(
    history: History,
    { settings, ledger }: Pick<DaemonSight, "settings" | "ledger">,
  ): Promise<CollectorState> {
    let state = emptyState;
    if (settings.routing !== "edge") return state;
    for (const { at, increments, marks } of pastOf(ledger.state.accounts, this.#ctx.clock.now())) {
      state = { ...emptyState, accounts: marks };
      await history.record({ ...EMPTY_ENTRY, at, increments, counters: state });
    }
    return state;
  }

  async #record({ snapshot, seconds, watched, state }: Tally): Promise<void> {
    const history = this.#history;
    if (history === undefined) return;
    await this.#orTellOnce(async () => {
      const [at, found] = [Date.parse(snapshot.at), this.#pending.whole];
      await history.record({ at, seconds, watched, ...found, counters: state });
      this.#pending.settle();
      const day = Math.floor(at / DAY_MS);
      if (found.households.length > 0 || day !== this.#households.day) await this.#countHouseholds(history, day, at);
    });
  }

  async #countHouseholds(history: History, day: number, at: number): Promise<void> {
    const users = await history.days(day * DAY_MS, at + 1);
    this.#households = { day, counts: Object.fromEntries(users.map(({ user, households }) => [user, households])) };
  }

  /** The history knows those from before the daemon was started last, the daemon those of the last seconds. */
  #householdsToday(): Record<string, number> {
    const now = this.#ctx.clock.now();
    const { day, counts } = this.#households;
    const known = day === Math.floor(now.getTime() / DAY_MS) ? counts : {};
    const own = Object.entries(this.#sightings.households(now));
    return {
      ...known,
      ...Object.fromEntries(own.map(([name, count]) => [name, Math.max(count, entryOf(known, name) ?? 0)])),
    };
  }

  async #tell(snapshot: Snapshot, events: readonly HistoryEvent[]): Promise<void> {
    this.#latest = snapshot;
    try {
      for (const listener of this.#listeners) listener(snapshot, events);
    } finally {
      await writeSnapshot(this.#ctx, snapshot);
    }
  }

  /** Trouble with the history is told when it begins and when it ends. */
  async #orTellOnce(work: () => Promise<void>): Promise<void> {
    const fault = await work().then(() => undefined, wordsOf);
    if (fault !== undefined && fault !== this.#trouble) this.#log(`history: ${fault}`);
    if (fault === undefined && this.#trouble !== undefined) this.#log("history: works again");
    this.#trouble = fault;
  }
}

const DAY_MS = 86_400_000;
/** Less than from look to look; a proxy has 5 s to answer. */
const PATIENCE_MS = 8000;
const EMPTY_ENTRY = { seconds: 0, watched: [], lastSeen: {}, households: [], clients: [], events: [] } as const;
