import type { Context } from "../../context.ts";
import { AppError, wordsOf } from "../../domain/errors.ts";
import { type AlertChannel, describeChannel } from "../../domain/numbers/alerts/channel.ts";
import type { AlertDispatch } from "../../domain/numbers/alerts/dispatch.ts";
import { testText } from "../../render/alert-text.ts";
import { createAlertsStore } from "../../state/alerts-store.ts";
import type { Outcome } from "../outcome.ts";
import { noChannel } from "./change-channels.ts";

export interface TestedAlerts {
  readonly channels: readonly TestedChannel[];
}

export interface TestedChannel {
  readonly name: string;
  readonly kind: string;
  readonly to: string;
  readonly ok: boolean;
  /** Why it did not take the message; null where it did. */
  readonly fault: string | null;
  readonly milliseconds: number;
}

/**
 * Sends a message through each channel, or those that are named, and waits for what comes of it.
 * @returns failure unhealthy when one did not take it
 * @throws AppError not-found for a channel that is not there, and where there is none
 */
export async function testAlerts(ctx: Context, names: readonly string[]): Promise<Outcome<TestedAlerts>> {
  const settings = await createAlertsStore(ctx).read();
  const unknown = names.find((name) => !settings.channels.some((it) => it.name === name));
  if (unknown !== undefined || settings.channels.length === 0) throw noChannel(unknown, settings);
  const wanted = settings.channels.filter(({ name }) => names.length === 0 || names.includes(name));
  const at = ctx.clock.now().toISOString();
  const message = { id: ctx.random.uuid(), at, server: settings.name, notices: [], isTest: true };
  const dispatch: AlertDispatch = { ...message, ...testText(settings) };
  const channels = await Promise.all(wanted.map((channel) => tryChannel(ctx, channel, dispatch)));
  const failing = channels.filter(({ ok }) => !ok).map(({ name }) => name);
  if (failing.length === 0) return { data: { channels } };
  const failure = new AppError("unhealthy", `no alert would arrive by ${failing.join(", ")}`, {
    hint: "mtproxy alerts show tells how they are set; mtproxy alerts remove NAME and mtproxy alerts add set one anew",
  });
  return { data: { channels }, failure };
}

async function tryChannel(ctx: Context, channel: AlertChannel, dispatch: AlertDispatch): Promise<TestedChannel> {
  const start = ctx.clock.now().getTime();
  const fault = await ctx.host.notify(channel, dispatch).then(() => null, wordsOf);
  const { name, kind } = channel;
  const milliseconds = ctx.clock.now().getTime() - start;
  return { name, kind, to: describeChannel(channel), ok: fault === null, fault, milliseconds };
}
