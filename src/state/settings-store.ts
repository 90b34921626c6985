import { parseCoverDomain } from "../domain/cover-domain.ts";
import { parseImageName } from "../domain/image-name.ts";
import { formatPortRange, parsePortRange } from "../domain/port.ts";
import { defaultSettings, type Settings } from "../domain/settings.ts";
import { type Fields, type JsonObject, listOf, mapOf, oneOf, parsed, portNumber, text, wholeNumber } from "./fields.ts";
import { createJsonStore, type Store, type StoreParts } from "./json-store.ts";
import { present } from "./present.ts";

export function createSettingsStore(parts: StoreParts): Store<Settings> {
  return createJsonStore(parts, { path: parts.paths.settings, parse, format, migrate });
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;
const url = text("a URL", /^[a-z]+:\/\/\S+$/i);
const hostName = text(
  "a host name or address without blanks, scheme and port",
  /^(?:[^\s/:?#@]*|[0-9a-f:.]*:[0-9a-f:.]*)$/i,
);

/** Missing fields have their defaults: a file from before they existed stays valid. */
function parse(fields: Fields): Settings {
  return {
    port: fields.get("port", portNumber) ?? defaultSettings.port,
    portRange:
      fields.get("port_range", parsed("a range such as 8444-8543", parsePortRange)) ?? defaultSettings.portRange,
    publicHost: fields.get("public_host", hostName) ?? defaultSettings.publicHost,
    workers: fields.get("workers", wholeNumber(0, 256)) ?? defaultSettings.workers,
    engine: fields.get("engine", oneOf("docker", "trial")) ?? defaultSettings.engine,
    routing: fields.get("routing", oneOf("direct", "edge")) ?? defaultSettings.routing,
    image: fields.get("image", parsed("the name of an image", parseImageName)) ?? defaultSettings.image,
    defaultMode: fields.get("default_mode", oneOf("plain", "padded", "fake-tls")) ?? defaultSettings.defaultMode,
    maxConnections: fields.get("max_connections", wholeNumber(1, 1_000_000)) ?? defaultSettings.maxConnections,
    statsPort: fields.get("stats_port", portNumber) ?? defaultSettings.statsPort,
    proxySecretUrls: fields.get("proxy_secret_urls", listOf(url)) ?? defaultSettings.proxySecretUrls,
    proxyConfigUrls: fields.get("proxy_config_urls", listOf(url)) ?? defaultSettings.proxyConfigUrls,
    usersLock: fields.get("users_lock", text("an absolute path", /^\//)) ?? defaultSettings.usersLock,
    usersWrite: fields.get("users_write", oneOf("auto", "in-place", "rename")) ?? defaultSettings.usersWrite,
    ...parseOptional(fields),
  };
}

function parseOptional(fields: Fields): Partial<Settings> {
  return present({
    egressIpv4: fields.get("egress_ipv4", text("an IPv4 address", IPV4)),
    defaultCoverDomain: fields.get("default_cover_domain", parsed("a domain", parseCoverDomain)),
    trialDatacenters: fields.get("trial_datacenters", mapOf(text("host:port", /^.+:\d{1,5}$/))),
    createdAt: fields.get("created_at", text()),
  });
}

function format(settings: Settings): JsonObject {
  return present({
    port: settings.port,
    port_range: formatPortRange(settings.portRange),
    public_host: settings.publicHost,
    egress_ipv4: settings.egressIpv4,
    workers: settings.workers,
    engine: settings.engine,
    routing: settings.routing,
    image: settings.image,
    default_mode: settings.defaultMode,
    default_cover_domain: settings.defaultCoverDomain,
    max_connections: settings.maxConnections,
    stats_port: settings.statsPort,
    proxy_secret_urls: settings.proxySecretUrls,
    proxy_config_urls: settings.proxyConfigUrls,
    users_lock: settings.usersLock,
    users_write: settings.usersWrite,
    trial_datacenters: settings.trialDatacenters,
    created_at: settings.createdAt,
  });
}

/** What the old stack wrote and nothing here means any more; the old file is kept. */
const DROPPED = ["version", "stats_endpoint", "max_users", "promoted_channel", "updated_at", "secret_type"];
const oldModes: Readonly<Record<string, Settings["defaultMode"]>> = {
  standard: "plain",
  plain: "plain",
  dd: "padded",
  ee: "fake-tls",
};

function migrate(document: JsonObject): JsonObject {
  const kept = Object.fromEntries(Object.entries(document).filter(([name]) => !DROPPED.includes(name)));
  const mode = oldModes[String(document.secret_type)];
  return mode === undefined ? kept : { default_mode: mode, ...kept };
}
