import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import {
  type AlertChannel,
  COMMAND_PATIENCE,
  parseApi,
  parseBotToken,
  parseChat,
  parseHttpUrl,
  parseMailAddress,
  parseProgram,
  parseWebhookSecret,
  SENDMAIL,
  TELEGRAM_API,
} from "../../domain/numbers/alerts/channel.ts";
import type { ChannelKind } from "../../domain/numbers/alerts/choices.ts";

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

export interface NewChannel {
  readonly kind: ChannelKind;
  readonly name: string;
  readonly wishes: ChannelWishes;
  readonly secrets: ChannelSecrets;
}

type Maker = (ctx: Context, name: string, wishes: ChannelWishes, secrets: ChannelSecrets) => Promise<AlertChannel>;

const SECRET_BYTES = 32;

/** @throws AppError usage for what is missing or too much, invalid for what cannot be */
export function newChannel(ctx: Context, { kind, name, wishes, secrets }: NewChannel): Promise<AlertChannel> {
  if (wishes.words.length > 0 && kind !== "command")
    throw new AppError("usage", `a channel of the kind ${kind} takes no program`, {
      hint: "mtproxy alerts add --help",
    });
  return makers[kind](ctx, name, wishes, secrets);
}

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
    return { kind: "email", name, to: to.map(parseMailAddress), ...sender, sendmail: parseProgram(sendmail) };
  },
  command: async (_, name, { words, patience = COMMAND_PATIENCE }) => {
    const [program, ...args] = words;
    if (program === undefined) throw missing("a program", "-- /path/to/program, and its arguments");
    return { kind: "command", name, words: [parseProgram(program), ...args], patience };
  },
};

/** Whoever gets the messages has to know it too. */
function madeSecret(ctx: Context): string {
  ctx.progress.step(`a secret of its own signs the messages: it is kept in ${ctx.paths.alerts}`);
  return Buffer.from(ctx.random.bytes(SECRET_BYTES)).toString("base64url");
}

function missing(what: string, flag: string): AppError {
  return new AppError("usage", `${what} is missing`, { hint: flag });
}
