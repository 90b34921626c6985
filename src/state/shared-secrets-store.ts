import { dirname, join } from "node:path";
import { makeSecret, revealSecret, type Secret } from "../domain/secret.ts";
import type { SharedSecret } from "../domain/shared-secret.ts";
import { readSecret } from "./client-form.ts";
import { type DefaultedStore, withDefault } from "./defaulted-store.ts";
import { type Fields, flag, isObject, type JsonObject, parsed, text } from "./fields.ts";
import { createJsonStore, type StoreParts } from "./json-store.ts";
import { present } from "./present.ts";

/** An earlier name of the file was secrets.json. */
export function createSharedSecretsStore(parts: StoreParts): DefaultedStore<readonly SharedSecret[]> {
  const path = parts.paths.sharedSecrets;
  const oldPath = join(dirname(path), "secrets.json");
  return withDefault(createJsonStore(parts, { path, oldPath, parse, format, migrate }), () => []);
}

const secretText = parsed("a secret in the form that clients get", readSecret);

function parse(fields: Fields): SharedSecret[] {
  return fields.objects("secrets", (entry) => ({
    secret: entry.need("secret", secretText),
    active: entry.get("active", flag) ?? true,
    ...present({ description: entry.get("description", text()), createdAt: entry.get("created_at", text()) }),
  }));
}

function format(secrets: readonly SharedSecret[]): JsonObject {
  return { secrets: secrets.map(formatEntry) };
}

function formatEntry({ secret, active, description, createdAt }: SharedSecret): JsonObject {
  return present({ secret: revealSecret(secret), active, description, created_at: createdAt });
}

/**
 * Two shapes carried no version number: entries with `value` and `padding_enabled`, and entries with `secret`, `type`, `domain`
 * and `username`. The bare 32 digits with a type beside them stand for the secret of that type.
 */
function migrate(document: JsonObject, old: Fields): JsonObject {
  const list = Array.isArray(document.secrets) ? document.secrets : [];
  const migrated = list.map((entry: unknown, index) => {
    if (isObject(entry) && isShortSample(entry)) throw old.refuse(`secrets[${index}]`, TOO_SHORT);
    return isObject(entry) ? migrateEntry(entry) : entry;
  });
  return { secrets: migrated };
}

function migrateEntry(entry: JsonObject): JsonObject {
  const { username, description } = entry;
  return {
    secret: typed(entry),
    active: entry.active,
    description: description ?? (typeof username === "string" ? `was given to ${username}` : undefined),
    created_at: entry.created_at,
  };
}

const TOO_SHORT =
  "has dd and only 30 digits; a padded secret is dd and 32, so no client ever worked with this one: remove it";

/** The samples of the old requirements; they read as a plain secret that nobody meant. */
function isShortSample({ value, secret = value, padding_enabled, type }: JsonObject): boolean {
  const isPadded = padding_enabled === true || type === "dd";
  return isPadded && typeof secret === "string" && /^dd[0-9a-f]{30}$/i.test(secret);
}

/** Left as it is where it is not 32 digits: the rules of the new shape say what is wrong with it, if anything. */
function typed({ value, secret = value, padding_enabled, type, domain }: JsonObject): unknown {
  if (typeof secret !== "string" || !/^[0-9a-f]{32}$/i.test(secret)) return secret;
  const { key } = readSecret(secret);
  return revealSecret(asType(key, padding_enabled === true ? "dd" : type, domain));
}

function asType(key: Secret["key"], type: unknown, domain: unknown): Secret {
  if (type === "ee" && typeof domain === "string") return makeSecret("fake-tls", key, domain);
  return makeSecret(type === "dd" ? "padded" : "plain", key);
}
