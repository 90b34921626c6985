import { parseIpv4, parsePublicHost } from "../domain/address.ts";
import { loggedAddresses } from "../domain/connection-log.ts";
import { parseCoverDomain } from "../domain/cover-domain.ts";
import { parseSiteServer, type SiteChoice } from "../domain/cover-site.ts";
import { parseDownloadUrl } from "../domain/download-url.ts";
import { parseEdgeSubnet } from "../domain/edge-network.ts";
import { parseImageName } from "../domain/image-name.ts";
import { parseOrigin } from "../domain/origin.ts";
import { formatPortRange, parsePortRange } from "../domain/port.ts";
import { parseRelayAddress } from "../domain/relay.ts";
import { countBounds, patienceBounds } from "../domain/setting-bounds.ts";
import { checkStatsPort, parseDatacenter, parseLockPath } from "../domain/setting-rules.ts";
import { defaultSettings, type Settings } from "../domain/settings.ts";
import { parseSource, sourceListModes } from "../domain/source-rule.ts";
import {
  type Fields,
  flag,
  type JsonObject,
  listOf,
  mapOf,
  oneOf,
  parsed,
  portNumber,
  type Rule,
  text,
  wholeNumber,
} from "./fields.ts";
import { createJsonStore, type Store, type StoreParts } from "./json-store.ts";
import { present } from "./present.ts";

export function createSettingsStore(parts: StoreParts): Store<Settings> {
  return createJsonStore(parts, { path: parts.paths.settings, parse, format, migrate });
}

/** The same rules as for the flags of setup: what one refuses, the other does not take. */
const url = parsed("an address to download from", parseDownloadUrl);
const publicHost = parsed("a host name or address", (text) => (text === "" ? text : parsePublicHost(text)));
const statsPort: Rule<number> = {
  expects: portNumber.expects,
  read: (value) => (portNumber.read(value) === undefined ? undefined : checkStatsPort(Number(value))),
};
const endpoints = mapOf(text("host:port"));
const datacenters: Rule<Record<string, string>> = {
  expects: "an object from datacenter ids to host:port",
  read: (value) => {
    const given = endpoints.read(value);
    return (
      given && Object.fromEntries(Object.entries(given).map(([id, endpoint]) => parseDatacenter(`${id}=${endpoint}`)))
    );
  },
};

function countWithin({ least, most }: { readonly least: number; readonly most: number }): Rule<number> {
  return wholeNumber(least, most);
}

function tenthsWithin({ least, most }: { readonly least: number; readonly most: number }): Rule<number> {
  return {
    expects: `a number from ${least} to ${most} with one digit after the point`,
    read: (value) =>
      typeof value === "number" && value >= least && value <= most && Number.isInteger(Math.round(value * 1e9) / 1e8)
        ? value
        : undefined,
  };
}

/** Missing fields have their defaults: a file from before they existed stays valid. */
function parse(fields: Fields): Settings {
  return {
    port: fields.get("port", portNumber) ?? defaultSettings.port,
    portRange:
      fields.get("port_range", parsed("a range such as 8444-8543", parsePortRange)) ?? defaultSettings.portRange,
    publicHost: fields.get("public_host", publicHost) ?? defaultSettings.publicHost,
    workers: fields.get("workers", countWithin(countBounds.workers)) ?? defaultSettings.workers,
    engine: fields.get("engine", oneOf("docker", "trial")) ?? defaultSettings.engine,
    routing: fields.get("routing", oneOf("direct", "edge")) ?? defaultSettings.routing,
    haproxyImage:
      fields.get("haproxy_image", parsed("the name of an image", parseImageName)) ?? defaultSettings.haproxyImage,
    maxConnectionsPerSource:
      fields.get("max_connections_per_source", countWithin(countBounds.maxConnectionsPerSource)) ??
      defaultSettings.maxConnectionsPerSource,
    addressWindow:
      fields.get("address_window", countWithin(countBounds.addressWindow)) ?? defaultSettings.addressWindow,
    drainSeconds: fields.get("drain_seconds", countWithin(countBounds.drainSeconds)) ?? defaultSettings.drainSeconds,
    relays: fields.get("relays", listOf(parsed("an address", parseRelayAddress))) ?? defaultSettings.relays,
    sourceListMode: fields.get("source_list_mode", oneOf(...sourceListModes)) ?? defaultSettings.sourceListMode,
    sourceList:
      fields.get("source_list", listOf(parsed("an address or a network", parseSource))) ?? defaultSettings.sourceList,
    logAddresses: fields.get("log_addresses", oneOf(...loggedAddresses)) ?? defaultSettings.logAddresses,
    image: fields.get("image", parsed("the name of an image", parseImageName)) ?? defaultSettings.image,
    defaultMode: fields.get("default_mode", oneOf("plain", "padded", "fake-tls")) ?? defaultSettings.defaultMode,
    maxConnections:
      fields.get("max_connections", countWithin(countBounds.maxConnections)) ?? defaultSettings.maxConnections,
    statsPort: fields.get("stats_port", statsPort) ?? defaultSettings.statsPort,
    proxySecretUrls: fields.get("proxy_secret_urls", listOf(url)) ?? defaultSettings.proxySecretUrls,
    proxyConfigUrls: fields.get("proxy_config_urls", listOf(url)) ?? defaultSettings.proxyConfigUrls,
    usersLock: fields.get("users_lock", parsed("an absolute path", parseLockPath)) ?? defaultSettings.usersLock,
    usersWrite: fields.get("users_write", oneOf("auto", "in-place", "rename")) ?? defaultSettings.usersWrite,
    dockerFirewall: fields.get("docker_firewall", flag) ?? defaultSettings.dockerFirewall,
    statsApi: fields.get("stats_api", flag) ?? defaultSettings.statsApi,
    statsApiPort: fields.get("stats_api_port", portNumber) ?? defaultSettings.statsApiPort,
    statsApiOrigin:
      fields.get("stats_api_origin", parsed("the origin of a page", parseOrigin)) ?? defaultSettings.statsApiOrigin,
    statsApiToken: fields.get("stats_api_token", flag) ?? defaultSettings.statsApiToken,
    metricsUsers: fields.get("metrics_users", countWithin(countBounds.metricsUsers)) ?? defaultSettings.metricsUsers,
    ...parseOptional(fields),
  };
}

function parseOptional(fields: Fields): Partial<Settings> {
  return present({
    egressIpv4: fields.get("egress_ipv4", parsed("an IPv4 address", parseIpv4)),
    edgeSubnet: fields.get("edge_subnet", parsed("an IPv4 network such as 10.200.0.0/22", parseEdgeSubnet)),
    defaultCoverDomain: fields.get("default_cover_domain", parsed("a domain", parseCoverDomain)),
    trialDatacenters: fields.get("trial_datacenters", datacenters),
    coverSite: parseSite(fields.object("cover_site")),
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
    edge_subnet: settings.edgeSubnet,
    ...unlessDefault(settings),
    image: settings.image,
    default_mode: settings.defaultMode,
    default_cover_domain: settings.defaultCoverDomain,
    max_connections: settings.maxConnections,
    stats_port: settings.statsPort,
    proxy_secret_urls: settings.proxySecretUrls,
    proxy_config_urls: settings.proxyConfigUrls,
    users_lock: settings.usersLock,
    users_write: settings.usersWrite,
    docker_firewall: settings.dockerFirewall ? true : undefined,
    trial_datacenters: settings.trialDatacenters,
    relays: settings.relays.length === 0 ? undefined : settings.relays,
    source_list: settings.sourceList.length === 0 ? undefined : settings.sourceList,
    log_addresses: settings.logAddresses === defaultSettings.logAddresses ? undefined : settings.logAddresses,
    cover_site: settings.coverSite && formatSite(settings.coverSite),
    created_at: settings.createdAt,
  });
}

const absolutePath = text("an absolute path", /^\/[^\0]*$/);

function parseSite(site: Fields | undefined): SiteChoice | undefined {
  const kind = site?.need("kind", oneOf("page", "server", "domains"));
  if (site === undefined || kind === undefined) return undefined;
  const patience = site.get("patience", tenthsWithin(patienceBounds));
  if (kind === "domains") return present({ kind, patience });
  if (kind === "server")
    return present({ kind, ...site.need("server", parsed("ADDRESS:PORT", parseSiteServer)), patience });
  const [certificate, key] = [site.need("certificate", absolutePath), site.need("key", absolutePath)];
  return present({ kind, certificate, key, page: site.get("page", absolutePath) });
}

function formatSite(site: SiteChoice): JsonObject {
  if (site.kind !== "server") return { ...site };
  const { address, port, ...rest } = site;
  return { ...rest, server: `${address}:${port}` };
}

/** What matters in edge routing only, or to the stats API, stands in the file where somebody chose it. */
function unlessDefault(settings: Settings): JsonObject {
  const chosen = <N extends keyof Settings>(name: N) =>
    settings[name] === defaultSettings[name] ? undefined : settings[name];
  return present({
    haproxy_image: chosen("haproxyImage"),
    max_connections_per_source: chosen("maxConnectionsPerSource"),
    address_window: chosen("addressWindow"),
    drain_seconds: chosen("drainSeconds"),
    source_list_mode: chosen("sourceListMode"),
    stats_api: chosen("statsApi"),
    stats_api_port: chosen("statsApiPort"),
    stats_api_origin: chosen("statsApiOrigin"),
    stats_api_token: chosen("statsApiToken"),
    metrics_users: chosen("metricsUsers"),
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
