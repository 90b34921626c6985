import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import {
  type AlertChannel,
  COMMAND_PATIENCE,
  parseApi,
  parseBotToken,
  parseChannelName,
  parseChat,
  parseHttpUrl,
  parseMailAddress,
  parseWebhookSecret,
  SENDMAIL,
  TELEGRAM_API,
} from "../../domain/numbers/alerts/channel.ts";
import type { ChannelKind } from "../../domain/numbers/alerts/choices.ts";
import type { AlertSettings } from "../../domain/numbers/alerts/settings.ts";
import { shown } from "../../domain/printable.ts";
import { AlertStateStore } from "../../state/alert-state-store.ts";
import { createAlertsStore } from "../../state/alerts-store.ts";
import { loadSettings } from "../load-state.ts";
import type { Outcome } from "../outcome.ts";
import { alertWarnings, describeAlerts, type ShownAlerts } from "./show-alerts.ts";

/** What a channel is made of, as it was typed; secrets come from a file or from whoever is asked. */
export interface ChannelWishes {
  readonly name?: string | undefined;
  readonly chat?: string | undefined;
  readonly api?: string | undefined;
  readonly to?: readonly string[] | undefined;
  readonly from?: string | undefined;
  readonly sendmail?: string | undefined;
  /** Program and arguments. */
  readonly words: readonly string[];
  /** Seconds. */
  readonly patience?: number | undefined;
}

/** Asked for when they are needed. */
export interface ChannelSecrets {
  url(): Promise<string>;
  token(): Promise<string>;
  /** Empty for one that is made here. */
  secret(): Promise<string>;
}

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
  if (wishes.words.length > 0 && kind !== "command")
    throw new AppError("usage", `a channel of the kind ${kind} takes no program`, {
      hint: "mtproxy alerts add --help",
    });
  const channel = await makers[kind](ctx, name, wishes, secrets);
  return changed(ctx, dryRun, (settings) => withChannel(settings, channel));
}

/** @throws AppError not-found */
export function removeChannel(
  ctx: Context,
  name: string,
  { dryRun }: { dryRun?: boolean | undefined },
): Promise<Outcome<ShownAlerts>> {
  return changed(ctx, dryRun, (settings) => {
    const channels = settings.channels.filter((it) => it.name !== name);
    if (channels.length < settings.channels.length) return { ...settings, channels };
    throw noChannel(name, settings);
  });
}

export function noChannel(name: string, { channels }: AlertSettings): AppError {
  const names = channels.map((it) => it.name).join(", ");
  return new AppError("not-found", `there is no channel "${shown(name)}"`, {
    hint: names === "" ? "mtproxy alerts add telegram --chat NUMBER makes one" : `there is ${names}`,
  });
}

async function changed(
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
  if (channels.length >= MOST_CHANNELS) throw new AppError("conflict", `there are ${MOST_CHANNELS} channels already`);
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

type Maker = (ctx: Context, name: string, wishes: ChannelWishes, secrets: ChannelSecrets) => Promise<AlertChannel>;

const SECRET_BYTES = 32;

const makers: Readonly<Record<ChannelKind, Maker>> = {
  webhook: async (ctx, name, _, secrets) => {
    const url = parseHttpUrl((await secrets.url()).trim());
    const secret = (await secrets.secret()) || madeSecret(ctx);
    return { kind: "webhook", name, url, secret: parseWebhookSecret(secret) };
  },
  telegram: async (_, name, { chat, api }, secrets) => {
    if (chat === undefined) throw missing("a chat", "--chat NUMBER");
    const place = { chat: parseChat(chat), api: api === undefined ? TELEGRAM_API : parseApi(api) };
    return { kind: "telegram", name, token: parseBotToken(await secrets.token()), ...place };
  },
  email: async (_, name, { to = [], from, sendmail = SENDMAIL }) => {
    if (to.length === 0) throw missing("an address", "--to ADDRESS");
    const sender = from === undefined ? {} : { from: parseMailAddress(from) };
    return { kind: "email", name, to: to.map(parseMailAddress), ...sender, sendmail: absolute(sendmail) };
  },
  command: async (_, name, { words, patience = COMMAND_PATIENCE }) => {
    const [program, ...args] = words;
    if (program === undefined) throw missing("a program", "-- /path/to/program, and its arguments");
    return { kind: "command", name, words: [absolute(program), ...args], patience };
  },
};

/** Whoever gets the messages has to know it too. */
function madeSecret(ctx: Context): string {
  ctx.progress.step(`a secret was made for the signature: it is in ${ctx.paths.alerts}`);
  return Buffer.from(ctx.random.bytes(SECRET_BYTES)).toString("base64url");
}

function missing(what: string, flag: string): AppError {
  return new AppError("usage", `${what} is missing`, { hint: flag });
}

function absolute(path: string): string {
  if (/^\/[^\0\n]*$/.test(path)) return path;
  throw new AppError("invalid", `"${shown(path, 80)}" is not an absolute path: the daemon has a folder of its own`);
}
