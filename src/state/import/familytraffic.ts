import { AppError } from "../../domain/errors.ts";
import { Key } from "../../domain/key.ts";
import { type Mode, makeSecret } from "../../domain/secret.ts";
import type { JsonObject } from "../fields.ts";
import { readClientSecret } from "./client-text.ts";
import { needJson, readJson } from "./json-text.ts";
import { readVariables, variable } from "./shell-variables.ts";
import {
  type Candidate,
  countOf,
  endOf,
  type ImportFormat,
  listOf,
  objectOf,
  portOf,
  sortOut,
  tagOf,
  textOf,
  textsOf,
} from "./source.ts";

const CONFIG = "mtproxy_config.json";
const CHANNEL = "promoted_channel.json";
const ENV = "../../.env";

/**
 * The old familyTraffic's secrets, in its two shapes: entries with `value` and `padding_enabled`, or with `secret`, `type`, `domain`
 * and `username`. Its configuration, its channel and its .env say the rest where they lie beside.
 */
export const familytrafficSecrets: ImportFormat = {
  title: "the old familyTraffic's secrets",
  companions: [CONFIG, CHANNEL, ENV],
  matches: ({ text }) => listOf(readJson(text)?.secrets).some((entry) => hasSecret(objectOf(entry))),
  read: ({ text, beside }) => {
    const settings = settingsOf(beside);
    const entries = listOf(needJson(text).secrets).map(objectOf);
    const candidates = entries.map((entry, index): Candidate => {
      const name = textOf(entry.username) ?? textOf(entry.description);
      return {
        what: name ?? `secret ${index + 1}`,
        name,
        enabled: entry.active !== false,
        createdAt: textOf(entry.created_at),
        port: settings.port,
        read: () => readEntry(entry),
      };
    });
    return { ...sortOut(candidates), settings, notes: [] };
  },
};

/** Its .env: `MTPROXY_SECRETS` is a list with commas, `MTPROXY_PROXY_TAG` a tag. */
export const familytrafficEnv: ImportFormat = {
  title: "the old familyTraffic's .env",
  matches: ({ text }) => /^[ \t]*(?:export )?MTPROXY_(?:SECRETS|PROXY_TAG)=/m.test(text),
  read: ({ text }) => {
    const variables = readVariables(text);
    const list = (variable(variables, "MTPROXY_SECRETS") ?? "").split(",").map((secret) => secret.trim());
    const candidates = list
      .filter((secret) => secret !== "")
      .map((secret, index): Candidate => ({ what: `secret ${index + 1}`, read: () => readClientSecret(secret) }));
    const settings = {
      port: portOf(variable(variables, "MTPROXY_PORT")),
      tag: tagOf(variable(variables, "MTPROXY_PROXY_TAG")),
    };
    return { ...sortOut(candidates), settings, notes: [] };
  },
};

/** Its configuration and its promoted channel hold nobody's secret, only settings to tell of. */
export const familytrafficConfig: ImportFormat = {
  title: "the old familyTraffic's configuration",
  matches: ({ text }) => {
    const document = readJson(text);
    return document !== undefined && ["secret_type", "stats_endpoint", "proxy_tag"].some((name) => name in document);
  },
  read: ({ text }) => {
    const isChannel = needJson(text).proxy_tag !== undefined;
    return { found: [], refused: [], settings: settingsOf({ [isChannel ? CHANNEL : CONFIG]: text }), notes: [] };
  },
};

/** users.json of this product, on this or another server: everybody who has a secret. */
export const usersJson: ImportFormat = {
  title: "a users.json",
  matches: ({ text }) =>
    listOf(readJson(text)?.users).some((entry) => textOf(objectOf(entry).mtproxy_secret) !== undefined),
  read: ({ text }) => {
    const records = listOf(needJson(text).users).map(objectOf);
    const withSecret = records.filter(({ mtproxy_secret }) => textOf(mtproxy_secret) !== undefined);
    const candidates = withSecret.map(
      (
        {
          username,
          mtproxy_secret,
          mtproxy_enabled,
          mtproxy_created_at,
          mtproxy_note,
          mtproxy_tags,
          mtproxy_group,
          mtproxy_expires_at,
        },
        index,
      ): Candidate => ({
        what: textOf(username) ?? `users[${index}]`,
        name: textOf(username),
        enabled: mtproxy_enabled !== false,
        createdAt: textOf(mtproxy_created_at),
        note: textOf(mtproxy_note),
        tags: textsOf(mtproxy_tags),
        group: textOf(mtproxy_group),
        expiresAt: endOf(mtproxy_expires_at),
        read: () => readClientSecret(String(mtproxy_secret)),
      }),
    );
    return { ...sortOut(candidates), settings: {}, notes: [] };
  },
};

function hasSecret({ value, secret }: JsonObject): boolean {
  return textOf(value) !== undefined || textOf(secret) !== undefined;
}

/** The samples of the old requirements; no client ever worked with one. */
const TOO_SHORT = "it has dd and only 30 digits; a padded secret is dd and 32";

/** The bare 32 digits with a type beside them stand for the secret of that type. */
function readEntry({ value, secret = value, padding_enabled, type, domain }: JsonObject) {
  const text = String(secret);
  const isPadded = padding_enabled === true || type === "dd";
  if (isPadded && /^dd[0-9a-f]{30}$/i.test(text)) throw new AppError("invalid", TOO_SHORT);
  if (!/^[0-9a-f]{32}$/i.test(text)) return readClientSecret(text);
  const mode: Mode = type === "ee" ? "fake-tls" : isPadded ? "padded" : "plain";
  return { secret: makeSecret(mode, Key.parse(text), textOf(domain)) };
}

function settingsOf(files: Readonly<Record<string, string>>) {
  const config = readJson(files[CONFIG] ?? "") ?? {};
  const channel = readJson(files[CHANNEL] ?? "") ?? {};
  const env = readVariables(files[ENV] ?? "");
  const tag = channel.enabled === false ? undefined : tagOf(channel.proxy_tag);
  return {
    port: portOf(config.port),
    workers: countOf(config.workers),
    tag: tag ?? tagOf(variable(env, "MTPROXY_PROXY_TAG")),
  };
}
