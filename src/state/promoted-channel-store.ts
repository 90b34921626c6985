import { parseGroup } from "../domain/group.ts";
import type { GroupChannel, PromotedChannel } from "../domain/promoted-channel.ts";
import { revealSecret } from "../domain/secret.ts";
import { readSecret } from "./client-form.ts";
import { type DefaultedStore, withDefault } from "./defaulted-store.ts";
import { type Fields, flag, type JsonObject, parsed, text } from "./fields.ts";
import { createJsonStore, type Store, type StoreParts } from "./json-store.ts";
import { present } from "./present.ts";

export function createPromotedChannelStore(parts: StoreParts): Store<PromotedChannel> {
  return createJsonStore(parts, { path: parts.paths.promotedChannel, parse, format });
}

/** Channels of groups, in a file of their own: most homes have none. */
export function createGroupChannelsStore(parts: StoreParts): DefaultedStore<readonly GroupChannel[]> {
  return withDefault(
    createJsonStore(parts, { path: parts.paths.groupChannels, parse: parseGroups, format: formatGroups }),
    () => [],
  );
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

const groupName = parsed("the name of a group", parseGroup);

function parseGroups(fields: Fields): GroupChannel[] {
  const channels = fields.objects("groups", (entry) => ({ group: entry.need("group", groupName), ...parse(entry) }));
  if (new Set(channels.map(({ group }) => group)).size !== channels.length)
    throw fields.refuse("groups", "has the same group twice");
  return channels;
}

function formatGroups(channels: readonly GroupChannel[]): JsonObject {
  return { groups: channels.map(({ group, ...channel }) => ({ group, ...format(channel) })) };
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
