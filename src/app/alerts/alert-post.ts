import type { Context } from "../../context.ts";
import { wordsOf } from "../../domain/errors.ts";
import type { AlertDispatch } from "../../domain/numbers/alerts/dispatch.ts";
import { type AlertMessage, dueNow, failed, sent, type Waiting } from "../../domain/numbers/alerts/outbox.ts";
import type { AlertSettings } from "../../domain/numbers/alerts/settings.ts";
import type { AlertState } from "../../domain/numbers/alerts/state.ts";
import { alertText } from "../../render/alert-text.ts";

type Change = (change: (state: AlertState) => AlertState) => Promise<AlertState>;

/** Takes what waits to its channels, each channel for itself: one that takes a minute to fail holds nobody up. */
export class AlertPost {
  readonly #ctx: Context;
  readonly #log: (line: string) => void;
  readonly #change: Change;
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(ctx: Context, log: (line: string) => void, change: Change) {
    this.#ctx = ctx;
    this.#log = log;
    this.#change = change;
  }

  /** Begins, and waits for nothing. */
  deliver(settings: AlertSettings, state: AlertState): void {
    for (const waiting of dueNow(state, this.#ctx.clock.now())) {
      const { channel } = waiting;
      if (this.#underWay.has(channel)) continue;
      const work = this.#deliver(settings, waiting).finally(() => this.#underWay.delete(channel));
      this.#underWay.set(channel, work);
    }
  }

  async settle(): Promise<void> {
    await Promise.all(this.#underWay.values());
  }

  /** Goes on with what waits behind it as long as the channel takes it. */
  async #deliver(settings: AlertSettings, waiting: Waiting): Promise<void> {
    try {
      const state = await this.#attempt(settings, waiting);
      const next = dueNow(state, this.#ctx.clock.now()).find(({ channel }) => channel === waiting.channel);
      if (next !== undefined) await this.#deliver(settings, next);
    } catch (error) {
      this.#log(`alerts: ${wordsOf(error)}`);
    }
  }

  async #attempt(settings: AlertSettings, waiting: Waiting): Promise<AlertState> {
    const { clock, host } = this.#ctx;
    const channel = settings.channels.find(({ name }) => name === waiting.channel);
    // It was removed meanwhile, and what waits for it goes with the next look.
    if (channel === undefined)
      return this.#change((state) => ({
        ...state,
        waiting: state.waiting.filter((it) => it.channel !== waiting.channel),
      }));
    const fault = await host.notify(channel, dispatchOf(waiting.message, settings)).then(() => undefined, wordsOf);
    if (fault === undefined) {
      if (waiting.attempts > 0) this.#log(`alerts: ${channel.name} takes them again`);
      return this.#change((state) => ({ ...state, ...sent(state, waiting, clock.now().toISOString()) }));
    }
    if (waiting.fault !== fault) this.#log(`alerts: ${channel.name}: ${fault}; it is tried again`);
    return this.#change((state) => ({ ...state, ...failed(state, waiting, fault, clock.now()) }));
  }
}

function dispatchOf({ id, at, notices }: AlertMessage, settings: AlertSettings): AlertDispatch {
  return { id, at, notices, server: settings.name, isTest: false, ...alertText(notices, settings) };
}
