import type { PromotedChannel } from "../domain/promoted-channel.ts";
import { revealSecret } from "../domain/secret.ts";
import { readSecret } from "./client-form.ts";
import { type Fields, flag, type JsonObject, parsed, text } from "./fields.ts";
import { createJsonStore, type Store, type StoreParts } from "./json-store.ts";
import { present } from "./present.ts";

export function createPromotedChannelStore(parts: StoreParts): Store<PromotedChannel> {
  return createJsonStore(parts, { path: parts.paths.promotedChannel, parse, format });
}

const tag = text("the tag of @MTProxybot, 32 hex digits", /^[0-9a-f]{32}$/i);
const secretText = parsed("a secret", (value) => revealSecret(readSecret(value)));

function parse(fields: Fields): PromotedChannel {
  return {
    enabled: fields.get("enabled", flag) ?? true,
    proxyTag: fields.need("proxy_tag", tag).toLowerCase(),
    ...present({
      channelUsername: fields.get("channel_username", text()),
      registeredAt: fields.get("registered_at", text()),
      registeredSecret: fields.get("registered_secret", secretText),
      statisticsUrl: fields.get("statistics_url", text()),
    }),
  };
}

function format(channel: PromotedChannel): JsonObject {
  return present({
    enabled: channel.enabled,
    proxy_tag: channel.proxyTag,
    channel_username: channel.channelUsername,
    registered_at: channel.registeredAt,
    registered_secret: channel.registeredSecret,
    statistics_url: channel.statisticsUrl,
  });
}
