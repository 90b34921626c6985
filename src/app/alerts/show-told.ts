import type { Context } from "../../context.ts";
import { alertText } from "../../render/alert-text.ts";
import { AlertStateStore } from "../../state/alert-state-store.ts";
import { createAlertsStore } from "../../state/alerts-store.ts";
import type { Outcome } from "../outcome.ts";

/** What was told, and what came of it. */
export interface ToldAlerts {
  /** The newest last. */
  readonly messages: readonly ToldMessage[];
  /** Sentences that are told when the quiet hours are over. */
  readonly held: readonly string[];
}

export interface ToldMessage {
  readonly id: string;
  /** ISO 8601: when it was to be told. */
  readonly at: string;
  readonly channel: string;
  readonly outcome: "sent" | "given-up" | "waiting";
  readonly attempts: number;
  readonly fault: string | null;
  readonly lines: readonly string[];
}

const LIMIT = 50;

export async function showTold(ctx: Context, { limit = LIMIT }: { limit?: number }): Promise<Outcome<ToldAlerts>> {
  const [settings, state] = await Promise.all([createAlertsStore(ctx).read(), new AlertStateStore(ctx).read()]);
  const waiting = state.waiting.map((it) => ({ ...it, outcome: "waiting" as const }));
  const all = [...state.delivered, ...waiting].map(
    ({ message: { id, at, notices }, channel, outcome, attempts, fault = null }): ToldMessage => ({
      ...{ id, at, channel, outcome, attempts, fault },
      lines: alertText(notices, settings).lines,
    }),
  );
  const messages = all.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at)).slice(-limit);
  return { data: { messages, held: alertText(state.held, settings).lines } };
}
