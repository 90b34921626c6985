import type { FetchedFile, TelegramRecord } from "../domain/telegram-record.ts";
import { type DefaultedStore, withDefault } from "./defaulted-store.ts";
import { type Fields, type JsonObject, text } from "./fields.ts";
import { createJsonStore, type StoreParts } from "./json-store.ts";
import { present } from "./present.ts";

/** Empty until something was fetched. */
export function createTelegramRecordStore(parts: StoreParts): DefaultedStore<TelegramRecord> {
  return withDefault(createJsonStore(parts, { path: parts.paths.telegramRecord, parse, format }), () => ({}));
}

function parse(fields: Fields): TelegramRecord {
  const [secret, conf] = [fields.object("proxy_secret"), fields.object("proxy_multi_conf")];
  return present({ proxySecret: secret && parseFetched(secret), proxyMultiConf: conf && parseFetched(conf) });
}

function parseFetched(fields: Fields): FetchedFile {
  return {
    checkedAt: fields.need("checked_at", text("a time such as 2026-11-21T12:00:00.000Z", /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)),
    source: fields.need("source", text()),
  };
}

function format({ proxySecret, proxyMultiConf }: TelegramRecord): JsonObject {
  return present({
    proxy_secret: proxySecret && formatFetched(proxySecret),
    proxy_multi_conf: proxyMultiConf && formatFetched(proxyMultiConf),
  });
}

function formatFetched({ checkedAt, source }: FetchedFile): JsonObject {
  return { checked_at: checkedAt, source };
}
