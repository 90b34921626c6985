import { loggedAddresses } from "../../domain/connection-log.ts";
import { AppError } from "../../domain/errors.ts";
import { parsePort } from "../../domain/port.ts";
import { shown } from "../../domain/printable.ts";
import { countBounds } from "../../domain/setting-bounds.ts";
import { sourceListModes } from "../../domain/source-rule.ts";
import type { SettingOptions } from "./choose-settings.ts";

/** Reads the words that follow a setting's name. */
type Reader = (words: readonly string[], name: string) => SettingOptions;

/** Settings by the names that they have in the file; the engine is changed by setup, which ends what the former one runs. */
const readers: Readonly<Record<string, Reader>> = {
  public_host: one((publicHost) => ({ publicHost })),
  egress_ipv4: one((egressIpv4) => ({ egressIpv4 })),
  port: one((text) => ({ port: parsePort(text) })),
  port_range: one((portRange) => ({ portRange })),
  image: one((image) => ({ image })),
  workers: one((text, name) => ({ workers: count(text, name, countBounds.workers) })),
  default_mode: one((text, name) => ({ mode: choice(text, name, ["padded", "plain", "fake-tls"]) })),
  default_cover_domain: one((coverDomain) => ({ coverDomain })),
  max_connections: one((text, name) => ({ maxConnections: count(text, name, countBounds.maxConnections) })),
  stats_port: one((text) => ({ statsPort: parsePort(text) })),
  proxy_secret_urls: (proxySecretUrl) => ({ proxySecretUrl }),
  proxy_config_urls: (proxyConfigUrl) => ({ proxyConfigUrl }),
  users_lock: one((usersLock) => ({ usersLock })),
  users_write: one((text, name) => ({ usersWrite: choice(text, name, ["auto", "in-place", "rename"]) })),
  docker_firewall: one((text, name) => ({ dockerFirewall: choice(text, name, ["true", "false"]) === "true" })),
  haproxy_image: one((haproxyImage) => ({ haproxyImage })),
  edge_subnet: one((edgeSubnet) => ({ edgeSubnet })),
  max_connections_per_source: one((text, name) => ({
    maxConnectionsPerSource: count(text, name, countBounds.maxConnectionsPerSource),
  })),
  address_window: one((text, name) => ({ addressWindow: count(text, name, countBounds.addressWindow) })),
  drain_seconds: one((text, name) => ({ drainSeconds: count(text, name, countBounds.drainSeconds) })),
  log_addresses: one((text, name) => ({ logAddresses: choice(text, name, loggedAddresses) })),
  relays: (words) => ({ relays: orNone(words) }),
  source_list_mode: one((text, name) => ({ sourceListMode: choice(text, name, sourceListModes) })),
  source_list: (words) => ({ sourceList: orNone(words) }),
  stats_api: one((text, name) => ({ statsApi: onOff(text, name) })),
  stats_api_port: one((text) => ({ statsApiPort: parsePort(text) })),
  stats_api_origin: one((text) => ({ statsApiOrigin: text === "none" ? "" : text })),
  stats_api_token: one((text, name) => ({ statsApiToken: onOff(text, name) })),
  metrics_users: one((text, name) => ({ metricsUsers: count(text, name, countBounds.metricsUsers) })),
  trial_datacenters: (datacenter) => ({ datacenter }),
};

export const settingNames: readonly string[] = Object.keys(readers);

/**
 * @param name as in the file; dashes do for underscores
 * @throws AppError usage for a name that is none, invalid for a value that cannot be
 */
export function readSetting(name: string, words: readonly string[]): SettingOptions {
  const known = name.toLowerCase().replaceAll("-", "_");
  const reader = readers[known];
  if (reader !== undefined) return reader(words, known);
  throw new AppError("usage", `there is no setting "${shown(name)}" that can be changed`, {
    hint: `the settings are ${settingNames.join(", ")}; mtproxy setup --engine changes the engine`,
  });
}

function orNone(words: readonly string[]): readonly string[] {
  return words.length === 1 && words[0] === "none" ? [] : words;
}

function one(read: (text: string, name: string) => SettingOptions): Reader {
  return ([text, ...more], name) => {
    if (text !== undefined && more.length === 0) return read(text, name);
    throw new AppError("usage", `${name} takes one value`, { hint: `mtproxy config set ${name} VALUE` });
  };
}

function count(text: string, name: string, { least, most }: { readonly least: number; readonly most: number }): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new AppError("invalid", `${name} is a number from ${least} to ${most}, not "${shown(text, 20)}"`);
}

function onOff(text: string, name: string): boolean {
  return ["on", "true"].includes(choice(text, name, ["on", "off", "true", "false"]));
}

function choice<const T extends string>(text: string, name: string, choices: readonly T[]): T {
  const chosen = choices.find((value) => value === text);
  if (chosen !== undefined) return chosen;
  throw new AppError("invalid", `${name} is one of ${choices.join(", ")}, not "${shown(text, 20)}"`);
}
