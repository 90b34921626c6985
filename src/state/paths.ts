import { join, resolve } from "node:path";
import type { HomePaths } from "../ports.ts";

/** Where everything is under FAMILYTRAFFIC_HOME. */
export function homePaths(home: string): HomePaths {
  const at = (...names: string[]) => join(resolve(home), ...names);
  return {
    home: at(),
    settings: at("config/mtproxy/mtproxy_config.json"),
    sharedSecrets: at("config/mtproxy/mtproxy_secrets.json"),
    shards: at("config/mtproxy/shards.json"),
    promotedChannel: at("config/mtproxy/promoted_channel.json"),
    groupChannels: at("config/mtproxy/group_channels.json"),
    coverDomains: at("config/mtproxy/fake_tls_domains.txt"),
    engineRecord: at("config/mtproxy/engine.json"),
    telegram: at("config/mtproxy/telegram"),
    proxySecret: at("config/mtproxy/telegram/proxy-secret"),
    proxyMultiConf: at("config/mtproxy/telegram/proxy-multi.conf"),
    telegramRecord: at("config/mtproxy/telegram/fetched.json"),
    users: at("data/users.json"),
    ledger: at("data/mtproxy_ledger.json"),
    alerts: at("config/mtproxy/alerts.json"),
    alertState: at("data/mtproxy_alerts.json"),
    history: at("data/history"),
    clients: at("data/clients"),
    rendered: at("mtproxy"),
    run: at("mtproxy/run"),
    agents: at("mtproxy/run/agents"),
    haproxy: at("mtproxy/run/haproxy"),
    logs: at("logs/mtproxy"),
    auditLog: at("logs/mtproxy/audit.log"),
    backups: at("backups"),
  };
}

/** The lock around every read–decide–write of the state. */
export function stateLock(paths: HomePaths): string {
  return join(paths.run, "state.lock");
}
