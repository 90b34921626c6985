import type { Context } from "../../context.ts";
import { wordsOf } from "../../domain/errors.ts";
import { emptyCrowd, usualCrowd, withLook } from "../../domain/numbers/alerts/crowd.ts";
import { posted, withoutChannels } from "../../domain/numbers/alerts/outbox.ts";
import type { AlertSettings } from "../../domain/numbers/alerts/settings.ts";
import { type AlertState, emptyAlertState } from "../../domain/numbers/alerts/state.ts";
import { tellOrHold } from "../../domain/numbers/alerts/telling.ts";
import { type AlertFacts, crowdOf, troublesAt } from "../../domain/numbers/alerts/trouble.ts";
import { isTold, type Notice, watchTroubles } from "../../domain/numbers/alerts/watch.ts";
import type { HistoryEvent } from "../../domain/numbers/history.ts";
import type { Snapshot } from "../../domain/numbers/snapshot.ts";
import { alertText } from "../../render/alert-text.ts";
import { AlertStateStore } from "../../state/alert-state-store.ts";
import { createAlertsStore } from "../../state/alerts-store.ts";
import { loadSettings } from "../load-state.ts";
import { AlertPost } from "./alert-post.ts";
import { SlowFacts } from "./slow-facts.ts";

/** A part of the daemon: looks after each look whether an admin is to be told of something, and tells it. */
export class AlertWatch {
  readonly #ctx: Context;
  readonly #log: (line: string) => void;
  readonly #note: (event: HistoryEvent) => void;
  readonly #store: AlertStateStore;
  readonly #facts: SlowFacts;
  readonly #post: AlertPost;
  #state: AlertState | undefined;
  #saved: AlertState = emptyAlertState;
  #crowd = emptyCrowd;
  #trouble: string | undefined;
  #looking: Promise<void> = Promise.resolve();
  #saving: Promise<void> = Promise.resolve();

  /** @param note is given what is told, whether it waits for the morning or not */
  constructor(ctx: Context, log: (line: string) => void, note: (event: HistoryEvent) => void = () => {}) {
    this.#ctx = ctx;
    this.#note = note;
    this.#log = log;
    this.#store = new AlertStateStore(ctx);
    this.#facts = new SlowFacts(ctx);
    this.#post = new AlertPost(ctx, log, (change) => this.#change(change));
  }

  /** Never rejects: trouble is a line of the log, when it begins. One look after the other. */
  look(snapshot: Snapshot): Promise<void> {
    this.#looking = this.#looking.then(async () => {
      const fault = await this.#look(snapshot).then(() => undefined, wordsOf);
      if (fault !== undefined && fault !== this.#trouble) this.#log(`alerts: ${fault}`);
      this.#trouble = fault;
    });
    return this.#looking;
  }

  /** Until what is on its way has arrived, or not; what waits is sent by the next one. */
  async close(): Promise<void> {
    await this.#looking;
    await Promise.all([this.#post.settle(), this.#facts.settle()]);
  }

  async #look(snapshot: Snapshot): Promise<void> {
    const settings = await createAlertsStore(this.#ctx).read();
    if (!settings.enabled || settings.channels.length === 0) return;
    this.#state ??= await this.#read();
    const notices = await this.#watch(snapshot, settings, this.#state);
    for (const notice of notices) if (isEvent(notice)) this.#note(eventOf(notice));
    await this.#tell(notices, settings, new Date(snapshot.at));
    this.#post.deliver(settings, this.#state);
  }

  async #read(): Promise<AlertState> {
    const state = await this.#store.read((kept) =>
      this.#log(`alerts: what was remembered is damaged, it is now ${kept}`),
    );
    this.#saved = state;
    return state;
  }

  async #watch(snapshot: Snapshot, settings: AlertSettings, state: AlertState): Promise<readonly Notice[]> {
    const rules = {
      facts: await this.#factsOf(snapshot, state),
      thresholds: settings.thresholds,
      isTold: (kind: Notice["kind"], subject: string) => isTold(state.watched, kind, subject),
    };
    const troubles = troublesAt(snapshot, rules);
    const active = crowdOf(snapshot);
    // A drop must not become what is usual.
    if (active !== undefined && !troubles.some(({ kind }) => kind === "blocked"))
      this.#crowd = withLook(this.#crowd, active, new Date(snapshot.at));
    const { watched, notices } = watchTroubles(state.watched, troubles, settings, snapshot.at);
    this.#state = { ...state, watched };
    return notices;
  }

  async #factsOf({ shards }: Snapshot, { watched }: AlertState): Promise<AlertFacts> {
    const settings = await loadSettings(this.#ctx);
    const isExpected = shards.length === 0 && (await this.#ctx.stores.shards.read()).shards.length > 0;
    // After a restart nobody knows but what was told.
    const told = Number(watched.find(({ kind }) => kind === "blocked")?.values.usual) || undefined;
    return { ...this.#facts.known(settings), isExpected, usual: usualCrowd(this.#crowd) ?? told };
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
    if (state === undefined || !isWorthSaving(this.#saved, state)) return;
    await this.#store.write(state);
    this.#saved = state;
  }
}

/** That a proxy is down and somebody is refused is an event of the look already; that something lasts is none. */
function isEvent({ kind, what }: Notice): boolean {
  return what !== "lasts" && kind !== "proxy-down" && kind !== "quota-used";
}

/** Events are in English, as all others of the history. */
function eventOf(notice: Notice): HistoryEvent {
  const [words = ""] = alertText([notice], { language: "en", name: "" }).lines;
  return { at: Date.parse(notice.at), kind: "alert", subject: notice.subject || notice.kind, words };
}

/** How many looks something holds already is nothing that a restart has to know. */
function isWorthSaving(saved: AlertState, now: AlertState): boolean {
  const essence = ({ watched, ...others }: AlertState) =>
    JSON.stringify([
      watched.flatMap(({ kind, subject, toldAt }) => (toldAt === undefined ? [] : [kind, subject, toldAt])),
      others,
    ]);
  return saved !== now && essence(saved) !== essence(now);
}
