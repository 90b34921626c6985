import { AppError } from "../../errors.ts";
import { shown } from "../../printable.ts";

/** A way to an admin. Secrets of it are never printed, see `describeChannel`. */
export type AlertChannel = WebhookChannel | TelegramChannel | EmailChannel | CommandChannel;

/** A POST of JSON, signed. */
export interface WebhookChannel {
  readonly kind: "webhook";
  readonly name: string;
  readonly url: string;
  /** Of the HMAC. */
  readonly secret: string;
}

/** A message of a bot. */
export interface TelegramChannel {
  readonly kind: "telegram";
  readonly name: string;
  readonly token: string;
  /** Number of a person, group or channel, or a channel's @name. */
  readonly chat: string;
  /** Of the Bot API: another one where Telegram's is blocked. */
  readonly api: string;
}

/** A mail, by the machine's sendmail. */
export interface EmailChannel {
  readonly kind: "email";
  readonly name: string;
  readonly to: readonly string[];
  readonly from?: string;
  /** Absolute path. */
  readonly sendmail: string;
}

/** A program of the admin's, which gets JSON on its standard input. */
export interface CommandChannel {
  readonly kind: "command";
  readonly name: string;
  /** Program, an absolute path, and arguments. */
  readonly words: readonly string[];
  /** Seconds that it may take. */
  readonly patience: number;
}

export const TELEGRAM_API = "https://api.telegram.org";
export const SENDMAIL = "/usr/sbin/sendmail";
export const COMMAND_PATIENCE = 30;

/** @throws AppError invalid */
export function parseChannelName(text: string): string {
  if (/^[a-z0-9][a-z0-9-]{0,31}$/.test(text)) return text;
  throw new AppError("invalid", `"${shown(text)}" is not a channel's name`, {
    hint: "1 to 32 of a-z 0-9 -, beginning with a letter or digit",
  });
}

/** @returns as URL writes it. @throws AppError invalid for what is no http or https */
export function parseHttpUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "https:" || url?.protocol === "http:") return url.href;
  throw new AppError("invalid", "this is no address that begins with https:// or http://");
}

/** @returns without a slash at its end. @throws AppError invalid */
export function parseApi(text: string): string {
  return parseHttpUrl(text).replace(/\/+$/, "");
}

/** @throws AppError invalid, without repeating the token */
export function parseBotToken(text: string): string {
  const token = text.trim();
  if (/^\d{5,15}:[\w-]{30,60}$/.test(token)) return token;
  throw new AppError("invalid", "this is not a bot's token", {
    hint: "@BotFather tells it: digits, a colon, and about 35 letters and digits",
  });
}

/** @throws AppError invalid */
export function parseChat(text: string): string {
  if (/^-?\d{1,20}$/.test(text) || /^@\w{4,40}$/.test(text)) return text;
  throw new AppError("invalid", `"${shown(text)}" is not a chat`, {
    hint: "a number, for instance 123456789 or -1001234567890 for a group, or a channel's @name",
  });
}

/** What sendmail takes for one address; no words beside it. @throws AppError invalid */
export function parseMailAddress(text: string): string {
  if (/^[\w.!#$%&'*+/=?^`{|}~][\w.!#$%&'*+/=?^`{|}~-]{0,63}(@[A-Za-z0-9][A-Za-z0-9.-]{0,252})?$/.test(text))
    return text;
  throw new AppError("invalid", `"${shown(text)}" is not a mail address`);
}

/** @throws AppError invalid */
export function parseProgram(text: string): string {
  if (/^\/[^\0\n]*$/.test(text)) return text;
  throw new AppError("invalid", `"${shown(text, 80)}" is not an absolute path: the daemon has a folder of its own`);
}

/** @throws AppError invalid for one that is short enough to be guessed */
export function parseWebhookSecret(text: string): string {
  const secret = text.trim();
  if (/^[\x21-\x7e]{16,256}$/.test(secret)) return secret;
  throw new AppError("invalid", "a secret has 16 to 256 characters, without blanks");
}

/** Where a message goes, as far as everybody may read it. */
export function describeChannel(channel: AlertChannel): string {
  switch (channel.kind) {
    case "webhook":
      // What follows the host may be what lets one in.
      return `${new URL(channel.url).host}, signed`;
    case "telegram":
      return `chat ${channel.chat}${channel.api === TELEGRAM_API ? "" : ` by ${new URL(channel.api).host}`}`;
    case "email":
      return channel.to.join(", ");
    case "command":
      return channel.words[0] ?? "";
  }
}
