import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { type AlertChannel, parseChannelName } from "../../domain/numbers/alerts/channel.ts";
import type { ChannelKind } from "../../domain/numbers/alerts/choices.ts";
import type { AlertSettings } from "../../domain/numbers/alerts/settings.ts";
import { shown } from "../../domain/printable.ts";
import { AlertStateStore } from "../../state/alert-state-store.ts";
import { createAlertsStore } from "../../state/alerts-store.ts";
import { loadSettings } from "../load-state.ts";
import type { Outcome } from "../outcome.ts";
import { type ChannelSecrets, type ChannelWishes, newChannel } from "./new-channel.ts";
import { alertWarnings, describeAlerts, type ShownAlerts } from "./show-alerts.ts";

const MOST_CHANNELS = 10;

/** @throws AppError usage for what is missing, invalid for what cannot be, conflict for a name that is taken */
export async function addChannel(
  ctx: Context,
  kind: ChannelKind,
  { wishes, secrets, dryRun }: { wishes: ChannelWishes; secrets: ChannelSecrets; dryRun?: boolean | undefined },
): Promise<Outcome<ShownAlerts>> {
  await loadSettings(ctx);
  const before = await createAlertsStore(ctx).read();
  const name = wishes.name === undefined ? freeName(before, kind) : parseChannelName(wishes.name);
  const channel = await newChannel(ctx, { kind, name, wishes, secrets });
  return changeAlerts(ctx, dryRun, (settings) => withChannel(settings, channel));
}

/** @throws AppError not-found */
export function removeChannel(
  ctx: Context,
  name: string,
  { dryRun }: { dryRun?: boolean | undefined },
): Promise<Outcome<ShownAlerts>> {
  return changeAlerts(ctx, dryRun, (settings) => {
    const channels = settings.channels.filter((it) => it.name !== name);
    if (channels.length < settings.channels.length) return { ...settings, channels };
    throw noChannel(name, settings);
  });
}

/** @param name that was meant; undefined for any */
export function noChannel(name: string | undefined, { channels }: AlertSettings): AppError {
  const names = channels.map((it) => it.name).join(", ");
  return new AppError("not-found", `there is no channel${name === undefined ? " yet" : ` "${shown(name)}"`}`, {
    hint: names === "" ? "mtproxy alerts add telegram --chat NUMBER makes one" : `there is ${names}`,
  });
}

/** Writes the change down, unless it is only to be shown, and shows what is set then. */
export async function changeAlerts(
  ctx: Context,
  dryRun: boolean | undefined,
  change: (settings: AlertSettings) => AlertSettings,
): Promise<Outcome<ShownAlerts>> {
  const alerts = createAlertsStore(ctx);
  const settings = dryRun === true ? change(await alerts.read()) : await alerts.update(change);
  const state = await new AlertStateStore(ctx).read();
  return { data: describeAlerts(settings, state), warnings: await alertWarnings(ctx, settings) };
}

function withChannel(settings: AlertSettings, channel: AlertChannel): AlertSettings {
  const { channels } = settings;
  if (channels.some(({ name }) => name === channel.name))
    throw new AppError("conflict", `there is a channel ${channel.name} already`, {
      hint: `mtproxy alerts remove ${channel.name}, or --name for another one`,
    });
  if (channels.length >= MOST_CHANNELS)
    throw new AppError("conflict", `there are ${MOST_CHANNELS} channels already`, {
      hint: "mtproxy alerts remove NAME takes one away",
    });
  return { ...settings, channels: [...channels, channel] };
}

/** `webhook`, `webhook-2`… */
function freeName({ channels }: AlertSettings, kind: ChannelKind): string {
  const taken = new Set(channels.map(({ name }) => name));
  for (let count = 1; ; count++) {
    const name = count === 1 ? kind : `${kind}-${count}`;
    if (!taken.has(name)) return name;
  }
}
