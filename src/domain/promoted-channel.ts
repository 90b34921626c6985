import { AppError } from "./errors.ts";
import { shown } from "./printable.ts";

/** A channel that @MTProxybot promotes to the users of this proxy; config/mtproxy/promoted_channel.json. */
export interface PromotedChannel {
  readonly enabled: boolean;
  /** The bot's tag for this proxy: 32 hex digits after `-P`. */
  readonly proxyTag: string;
  /** With the leading @. */
  readonly channelUsername?: string;
  /** ISO 8601. */
  readonly registeredAt?: string;
  /** The secret that was told to the bot, client form. */
  readonly registeredSecret?: string;
  readonly statisticsUrl?: string;
}

/** A channel of a group's own: its people are shown this one instead of everybody's. config/mtproxy/group_channels.json. */
export interface GroupChannel extends PromotedChannel {
  readonly group: string;
}

/** The tags that are on, by group. A group whose channel is off is shown what everybody is. */
export function groupTagsOf(channels: readonly GroupChannel[]): ReadonlyMap<string, string> {
  return new Map(channels.filter(({ enabled }) => enabled).map(({ group, proxyTag }) => [group, proxyTag]));
}

/** Where the bot tells how often a channel was shown; it has no API. */
export const statisticsUrl = "https://t.me/MTProxybot";

const WHAT_A_TAG_IS = "a proxy tag is the 32 hex digits that @MTProxybot answers once it knows the proxy";

/**
 * @returns 32 lower-case hex digits
 * @throws AppError invalid, saying what was given in the tag's place; digits, which may be a key, are not repeated
 */
export function parseProxyTag(text: string): string {
  const tag = text.trim().toLowerCase();
  if (/^[0-9a-f]{32}$/.test(tag)) return tag;
  throw new AppError("invalid", inItsPlace(tag), {
    hint: `${WHAT_A_TAG_IS}: mtproxy setup-promoted-channel leads to it`,
  });
}

function inItsPlace(tag: string): string {
  const prefix = /^(?:dd|ee)(?=[0-9a-f]{32})/.exec(tag)?.[0];
  if (prefix !== undefined)
    return `this is a secret or has the length of one (${prefix} and ${tag.length - 2} digits); a proxy tag has 32 hex digits and no dd or ee in front`;
  if (/^[0-9a-f]+$/.test(tag) && tag.length > 14) return `a proxy tag has 32 hex digits, this has ${tag.length}`;
  if (/^-?\d+$/.test(tag)) return "this is the id of a channel, not a proxy tag: Telegram takes only the tag";
  if (isChannel(tag))
    return `"${shown(tag)}" is a channel, not a proxy tag: Telegram takes only the tag, the channel is chosen in the bot`;
  return tag === "" ? "the proxy tag is empty" : `"${shown(tag)}" is not a proxy tag`;
}

function isChannel(text: string): boolean {
  return /^@|^(?:https?:\/\/)?t(?:elegram)?\.me\//.test(text) || NAME.test(text);
}

/** Telegram's names of channels: 4 to 32 letters, digits and underscores, a letter first. */
const NAME = /^[a-z]\w{3,31}$/i;

/**
 * @param text `@name`, `name` or the channel's link
 * @returns the name with its @
 * @throws AppError invalid
 */
export function parseChannelName(text: string): string {
  const name = text
    .trim()
    .replace(/^(?:https?:\/\/)?t(?:elegram)?\.me\//i, "@")
    .replace(/^@/, "")
    .replace(/\/$/, "");
  if (NAME.test(name)) return `@${name}`;
  throw new AppError("invalid", `"${shown(text)}" is not the name of a public channel`, {
    hint: "for instance @yourchannel: 4 to 32 of a-z A-Z 0-9 _, a letter first",
  });
}

/** Who gets to see the channel, in sentences to hand on; as the bot explains it and as it was observed. */
export function promotionAdvice(edge: boolean): string[] {
  return [
    "The channel's owner and everybody who has joined it never see it promoted: ask somebody else to look.",
    "Others see it at the top of their chats within an hour, while they are connected through this proxy.",
    "Which channel is shown is chosen in @MTProxybot; it has no API, so nothing here can change it.",
    ...(edge
      ? ["Behind HAProxy routing the bot's geography is useless: it counts every client as this server's."]
      : []),
  ];
}
