import {
  type AlertChannel,
  COMMAND_PATIENCE,
  parseApi,
  parseBotToken,
  parseChannelName,
  parseChat,
  parseHttpUrl,
  parseMailAddress,
  parseProgram,
  parseWebhookSecret,
  SENDMAIL,
  TELEGRAM_API,
} from "../domain/numbers/alerts/channel.ts";
import { alertBounds, alertLanguages, channelKinds, patienceOfCommand } from "../domain/numbers/alerts/choices.ts";
import { alertKinds } from "../domain/numbers/alerts/kinds.ts";
import { formatQuietHours, parseQuietHours } from "../domain/numbers/alerts/quiet-hours.ts";
import {
  type AlertSettings,
  defaultAlertSettings,
  type Thresholds,
  thresholdNames,
} from "../domain/numbers/alerts/settings.ts";
import { type DefaultedStore, withDefault } from "./defaulted-store.ts";
import { type Fields, flag, type JsonObject, listOf, oneOf, parsed, text, wholeNumber } from "./fields.ts";
import { createJsonStore, type StoreParts } from "./json-store.ts";
import { present } from "./present.ts";

const MOST_HOURS = alertBounds.remindHours.most;

/** What an admin is told of, and how; `config/mtproxy/alerts.json`, 0600. */
export function createAlertsStore(parts: StoreParts): DefaultedStore<AlertSettings> {
  const store = createJsonStore<AlertSettings>(parts, { path: parts.paths.alerts, parse: parseSettings, format });
  return withDefault(store, () => defaultAlertSettings);
}

function parseSettings(fields: Fields): AlertSettings {
  const usual = defaultAlertSettings;
  return {
    enabled: fields.get("enabled", flag) ?? usual.enabled,
    language: fields.get("language", oneOf(...alertLanguages)) ?? usual.language,
    name: fields.get("name", text("1 to 60 characters on one line", /^[^\p{Cc}\p{Zl}\p{Zp}]{1,60}$/u)) ?? usual.name,
    off: fields.get("off", listOf(oneOf(...alertKinds))) ?? usual.off,
    remindHours: fields.get("remind_hours", wholeNumber(0, MOST_HOURS)) ?? usual.remindHours,
    ...present({ quietHours: fields.get("quiet_hours", parsed("hours such as 23:00-07:00", parseQuietHours)) }),
    quietAll: fields.get("quiet_all", flag) ?? usual.quietAll,
    thresholds: thresholdsOf(fields.object("thresholds")),
    channels: fields.objects("channels", parseChannel),
  };
}

function thresholdsOf(fields: Fields | undefined): Thresholds {
  const entries = Object.entries(thresholdNames) as [keyof Thresholds, string][];
  const read = entries.flatMap(([name, stored]) => {
    const { least, most } = alertBounds[name];
    const value = fields?.get(stored, wholeNumber(least, most));
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...defaultAlertSettings.thresholds, ...Object.fromEntries(read) };
}

function parseChannel(fields: Fields): AlertChannel {
  const kind = fields.need("kind", oneOf(...channelKinds));
  const name = fields.need("name", parsed("a channel's name", parseChannelName));
  switch (kind) {
    case "webhook":
      return {
        ...{ kind, name },
        url: fields.need("url", parsed("an http or https address", parseHttpUrl)),
        secret: fields.need("secret", parsed("a secret", parseWebhookSecret)),
      };
    case "telegram":
      return {
        ...{ kind, name },
        token: fields.need("token", parsed("a bot's token", parseBotToken)),
        chat: fields.need("chat", parsed("a chat", parseChat)),
        api: fields.get("api", parsed("an http or https address", parseApi)) ?? TELEGRAM_API,
      };
    case "email":
      return {
        ...{ kind, name },
        to: fields.need("to", listOf(parsed("a mail address", parseMailAddress))),
        ...present({ from: fields.get("from", parsed("a mail address", parseMailAddress)) }),
        sendmail: fields.get("sendmail", parsed("an absolute path", parseProgram)) ?? SENDMAIL,
      };
    case "command":
      return {
        ...{ kind, name },
        words: fields.need("words", listOf(text())),
        patience:
          fields.get("patience", wholeNumber(patienceOfCommand.least, patienceOfCommand.most)) ?? COMMAND_PATIENCE,
      };
  }
}

function format({ thresholds, remindHours, quietHours, quietAll, channels, ...others }: AlertSettings): JsonObject {
  const entries = Object.entries(thresholdNames) as [keyof Thresholds, string][];
  return {
    ...others,
    remind_hours: remindHours,
    ...(quietHours === undefined ? {} : { quiet_hours: formatQuietHours(quietHours) }),
    quiet_all: quietAll,
    thresholds: Object.fromEntries(entries.map(([name, stored]) => [stored, thresholds[name]])),
    channels,
  };
}
