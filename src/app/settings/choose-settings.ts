import type { Context } from "../../context.ts";
import { isIpv4, isPrivateIpv4, parseIpv4, parsePublicHost } from "../../domain/address.ts";
import type { LoggedAddresses } from "../../domain/connection-log.ts";
import { parseCoverDomain } from "../../domain/cover-domain.ts";
import type { SiteChoice } from "../../domain/cover-site.ts";
import { parseDownloadUrl } from "../../domain/download-url.ts";
import { parseEdgeSubnet } from "../../domain/edge-network.ts";
import { AppError } from "../../domain/errors.ts";
import { parseImageName } from "../../domain/image-name.ts";
import { parseOrigin } from "../../domain/origin.ts";
import { otherShardOn } from "../../domain/plan/set-port.ts";
import { parsePortRange } from "../../domain/port.ts";
import { parseRelayAddress } from "../../domain/relay.ts";
import type { Mode } from "../../domain/secret.ts";
import { checkStatsPort, parseDatacenter, parseLockPath } from "../../domain/setting-rules.ts";
import type { EngineName, Routing, Settings } from "../../domain/settings.ts";
import { shardName } from "../../domain/shard.ts";
import { checkSourceList, parseSource, type SourceListMode } from "../../domain/source-rule.ts";
import { present } from "../../state/present.ts";

/** Settings as somebody gives them; what is absent keeps its value, or its default on a new home. */
export interface SettingOptions {
  readonly publicHost?: string;
  readonly egressIpv4?: string;
  readonly port?: number;
  readonly portRange?: string;
  readonly engine?: EngineName;
  readonly image?: string;
  readonly workers?: number;
  readonly mode?: Mode;
  readonly coverDomain?: string;
  readonly maxConnections?: number;
  readonly statsPort?: number;
  readonly proxySecretUrl?: readonly string[];
  readonly proxyConfigUrl?: readonly string[];
  readonly usersLock?: string;
  readonly usersWrite?: Settings["usersWrite"];
  readonly dockerFirewall?: boolean | undefined;
  readonly routing?: Routing;
  readonly haproxyImage?: string;
  readonly edgeSubnet?: string;
  readonly maxConnectionsPerSource?: number;
  readonly addressWindow?: number;
  readonly drainSeconds?: number;
  readonly coverSite?: SiteChoice;
  readonly logAddresses?: LoggedAddresses;
  readonly sourceListMode?: SourceListMode;
  readonly sourceList?: readonly string[];
  readonly relays?: readonly string[];
  readonly statsApi?: boolean;
  readonly statsApiPort?: number;
  /** Empty takes it away. */
  readonly statsApiOrigin?: string;
  readonly statsApiToken?: boolean;
  readonly metricsUsers?: number;
  /** `ID=HOST:PORT` each; for the trial engine. */
  readonly datacenter?: readonly string[];
}

/**
 * The settings that result: what is given is checked, what is needed and missing is found out.
 * @throws AppError invalid for a value that cannot be, usage when there is no public address to be found, conflict for a list that
 * would let nobody in
 */
export async function chooseSettings(ctx: Context, base: Settings, options: SettingOptions): Promise<Settings> {
  const publicHost = await choosePublicHost(ctx, base, options);
  const chosen = { ...base, ...parseSettings(options), publicHost };
  const egressIpv4 = await chooseEgress(ctx, base, chosen, options);
  const settings = { ...chosen, ...(egressIpv4 === undefined ? {} : { egressIpv4 }) };
  if (options.sourceListMode !== undefined || options.sourceList !== undefined) checkSourceList(settings);
  return settings;
}

/**
 * What is given, held to the rules; nothing is looked up for it.
 * @throws AppError invalid
 */
export function parseSettings(options: SettingOptions): Partial<Settings> {
  return present({
    publicHost: mapped(options.publicHost, parsePublicHost),
    egressIpv4: mapped(options.egressIpv4, parseIpv4),
    port: options.port,
    portRange: mapped(options.portRange, parsePortRange),
    engine: options.engine,
    image: mapped(options.image, parseImageName),
    workers: options.workers,
    defaultMode: options.mode,
    defaultCoverDomain: mapped(options.coverDomain, parseCoverDomain),
    maxConnections: options.maxConnections,
    statsPort: mapped(options.statsPort, checkStatsPort),
    proxySecretUrls: options.proxySecretUrl?.map(parseDownloadUrl),
    proxyConfigUrls: options.proxyConfigUrl?.map(parseDownloadUrl),
    usersLock: mapped(options.usersLock, parseLockPath),
    usersWrite: options.usersWrite,
    dockerFirewall: options.dockerFirewall,
    routing: options.routing,
    haproxyImage: mapped(options.haproxyImage, parseImageName),
    edgeSubnet: mapped(options.edgeSubnet, parseEdgeSubnet),
    maxConnectionsPerSource: options.maxConnectionsPerSource,
    addressWindow: options.addressWindow,
    drainSeconds: options.drainSeconds,
    coverSite: options.coverSite,
    logAddresses: options.logAddresses,
    sourceListMode: options.sourceListMode,
    sourceList: options.sourceList && [...new Set(options.sourceList.map(parseSource))],
    relays: options.relays?.map(parseRelayAddress),
    statsApi: options.statsApi,
    statsApiPort: options.statsApiPort,
    statsApiOrigin: mapped(options.statsApiOrigin, parseOrigin),
    statsApiToken: options.statsApiToken,
    metricsUsers: options.metricsUsers,
    trialDatacenters: options.datacenter && Object.fromEntries(options.datacenter.map(parseDatacenter)),
  });
}

function mapped<F, T>(given: F | undefined, parse: (given: F) => T): T | undefined {
  return given === undefined ? undefined : parse(given);
}

async function choosePublicHost(ctx: Context, base: Settings, { publicHost }: SettingOptions): Promise<string> {
  if (publicHost !== undefined) return parsePublicHost(publicHost);
  if (base.publicHost !== "") return base.publicHost;
  const address = (await ctx.host.addresses()).find((it) => !isPrivateIpv4(it));
  if (address === undefined) throw noPublicHost();
  ctx.progress.warn(`links will name ${address}, the first public address of this machine; --public-host changes that`);
  return address;
}

function noPublicHost(): AppError {
  return new AppError("usage", "no public address was found on this machine, and links must name one", {
    hint: "mtproxy setup --public-host YOUR.SERVER",
  });
}

/**
 * The address that Telegram sees: as given, the public one where it is an address, else what its name resolves to. Where that is a
 * relay's, links lead to another server than this one, and it stays as it was.
 */
async function chooseEgress(
  ctx: Context,
  base: Settings,
  { publicHost, relays }: { readonly publicHost: string; readonly relays: readonly string[] },
  { egressIpv4, publicHost: given }: SettingOptions,
): Promise<string | undefined> {
  if (egressIpv4 !== undefined) return parseIpv4(egressIpv4);
  if (given === undefined && base.egressIpv4 !== undefined) return base.egressIpv4;
  const named = isIpv4(publicHost) ? publicHost : await ctx.host.resolve4(publicHost);
  return named === undefined || relays.includes(named) ? base.egressIpv4 : named;
}

/** The first shard gets the set port; one that another shard's links name would make every later plan impossible. */
export async function refuseOtherShardsPort(ctx: Context, { engine, port }: Settings): Promise<void> {
  if (engine === "trial") return;
  const holder = otherShardOn(port, (await ctx.stores.shards.read()).shards);
  if (holder === undefined) return;
  throw new AppError("conflict", `port ${port} is the one of ${shardName(holder.id)}, whose links name it`, {
    hint: "mtproxy plan shows which ports are in use; take another one",
  });
}

export async function writeSettings(ctx: Context, settings: Settings): Promise<void> {
  await ctx.stores.settings.write(settings);
  await listDefaultCoverDomain(ctx, settings);
}

/** The domain that the admin chose is on the whitelist by that. */
async function listDefaultCoverDomain(ctx: Context, { defaultCoverDomain }: Settings): Promise<void> {
  if (defaultCoverDomain === undefined) return;
  await ctx.stores.coverDomains.update((domains) => [...new Set([...domains, defaultCoverDomain])]);
}
