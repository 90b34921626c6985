import { setTimeout as sleep } from "node:timers/promises";
import type { Context } from "../../context.ts";
import { wordsOf } from "../../domain/errors.ts";
import { absenceOf } from "../../domain/numbers/alerts/absence.ts";
import { posted, withoutChannels } from "../../domain/numbers/alerts/outbox.ts";
import type { AlertSettings } from "../../domain/numbers/alerts/settings.ts";
import { type AlertState, emptyAlertState, isWorthSaving } from "../../domain/numbers/alerts/state.ts";
import { tellOrHold } from "../../domain/numbers/alerts/telling.ts";
import { troublesAt } from "../../domain/numbers/alerts/trouble.ts";
import { isTold, type Notice, watchTroubles } from "../../domain/numbers/alerts/watch.ts";
import type { HistoryEvent } from "../../domain/numbers/history.ts";
import type { Snapshot } from "../../domain/numbers/snapshot.ts";
import { AlertStateStore } from "../../state/alert-state-store.ts";
import { createAlertsStore } from "../../state/alerts-store.ts";
import { eventsOf } from "./alert-event.ts";
import { AlertPost } from "./alert-post.ts";
import { LookFacts } from "./look-facts.ts";

/** A part of the daemon: looks after each look whether an admin is to be told of something, and tells it. */
export class AlertWatch {
  readonly #ctx: Context;
  readonly #log: (line: string) => void;
  readonly #note: (event: HistoryEvent) => void;
  readonly #store: AlertStateStore;
  readonly #facts: LookFacts;
  readonly #post: AlertPost;
  #settings: AlertSettings | undefined;
  #state: AlertState | undefined;
  #saved: AlertState = emptyAlertState;
  #trouble: string | undefined;
  #looking: Promise<void> = Promise.resolve();
  #saving: Promise<void> = Promise.resolve();
  #isClosed = false;

  /** @param note is given what is told, whether it waits for the morning or not */
  constructor(ctx: Context, log: (line: string) => void, note: (event: HistoryEvent) => void = () => {}) {
    this.#ctx = ctx;
    this.#note = note;
    this.#log = log;
    this.#store = new AlertStateStore(ctx);
    this.#facts = new LookFacts(ctx);
    this.#post = new AlertPost(ctx, log, (change) => this.#change(change));
  }

  /** Never rejects: trouble is a line of the log, when it begins. One look after the other. */
  look(snapshot: Snapshot): Promise<void> {
    this.#looking = this.#looking.then(async () => {
      const faults = [await faultOf(this.#readSettings()), await faultOf(this.#look(snapshot))];
      const fault = faults.find((it) => it !== undefined);
      if (fault !== undefined && fault !== this.#trouble) this.#log(`alerts: ${fault}`);
      this.#trouble = fault;
    });
    return this.#looking;
  }

  /** Those of before go on where somebody spoilt the file. */
  async #readSettings(): Promise<void> {
    this.#settings = await createAlertsStore(this.#ctx).read();
  }

  /** Until what is on its way has arrived, or not. */
  async settle(): Promise<void> {
    await this.#looking;
    await Promise.all([this.#post.settle(), this.#facts.settle()]);
  }

  /** What has not arrived by then is sent by the next daemon, whose memory is written by nobody else. */
  async close(patienceMs: number): Promise<void> {
    await Promise.race([this.settle(), sleep(patienceMs, undefined, { ref: false })]);
    this.#isClosed = true;
  }

  async #look(snapshot: Snapshot): Promise<void> {
    const settings = this.#settings;
    if (settings === undefined) return;
    this.#state ??= await this.#read();
    if (!settings.enabled || settings.channels.length === 0) return this.#forget();
    const notices = await this.#watch(snapshot, settings);
    for (const event of eventsOf(notices)) this.#note(event);
    try {
      await this.#tell(notices, settings, new Date(snapshot.at));
    } finally {
      // On a full disk too: that is when somebody has to hear of it.
      this.#post.deliver(settings, this.#state);
    }
  }

  /** Whoever is told again later is told what is the case then, and nothing of long ago. */
  async #forget(): Promise<void> {
    await this.#change(({ delivered }) => ({ ...emptyAlertState, delivered }));
  }

  /** How many looks something held that nobody was told of says nothing after a pause. */
  async #read(): Promise<AlertState> {
    const state = await this.#store.read((kept) =>
      this.#log(`alerts: what was remembered is damaged, it is now ${kept}`),
    );
    this.#saved = state;
    return { ...state, watched: state.watched.map((it) => (it.toldAt === undefined ? { ...it, seen: 0 } : it)) };
  }

  async #watch(snapshot: Snapshot, settings: AlertSettings): Promise<readonly Notice[]> {
    const facts = await this.#facts.of(snapshot, this.#state?.watched ?? [], settings);
    // As it is now: something may have been delivered meanwhile.
    const state = this.#state ?? emptyAlertState;
    const troubles = troublesAt(snapshot, {
      ...{ facts, thresholds: settings.thresholds },
      isTold: (kind, subject) => isTold(state.watched, kind, subject),
    });
    this.#facts.learn(snapshot, facts.isNight === true || troubles.some(({ kind }) => kind === "blocked"));
    const { watched, notices } = watchTroubles(state.watched, troubles, settings, snapshot.at, (kind, subject) =>
      absenceOf(kind, subject, snapshot, facts),
    );
    this.#state = { ...state, watched };
    return notices;
  }

  /** Written down, with the news in every channel's box, before anything is sent: whoever stops now has told nothing twice. */
  async #tell(notices: readonly Notice[], settings: AlertSettings, at: Date): Promise<void> {
    await this.#change((state) => {
      const { now, held } = tellOrHold(state.held, notices, settings, at);
      const names = settings.channels.map(({ name }) => name);
      const kept = withoutChannels(state, names);
      const message = { id: this.#ctx.random.uuid(), at: at.toISOString(), notices: now };
      return { ...state, ...(now.length === 0 ? kept : posted(kept, message, names)), held };
    });
  }

  async #change(change: (state: AlertState) => AlertState): Promise<AlertState> {
    const state = change(this.#state ?? emptyAlertState);
    this.#state = state;
    this.#saving = this.#saving.catch(() => {}).then(() => this.#save());
    await this.#saving;
    return state;
  }

  /** As it is when its turn comes. */
  async #save(): Promise<void> {
    const state = this.#state;
    if (this.#isClosed || state === undefined || !isWorthSaving(this.#saved, state)) return;
    await this.#store.write(state);
    this.#saved = state;
  }
}

function faultOf(work: Promise<void>): Promise<string | undefined> {
  return work.then(() => undefined, wordsOf);
}
