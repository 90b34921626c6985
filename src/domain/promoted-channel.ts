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
