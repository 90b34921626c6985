import type { Context } from "../context.ts";
import { isIpv4, parseIpv4, parsePublicHost } from "../domain/address.ts";
import { parseCoverDomain } from "../domain/cover-domain.ts";
import { parseDownloadUrl } from "../domain/download-url.ts";
import { AppError } from "../domain/errors.ts";
import { parseImageName } from "../domain/image-name.ts";
import { otherShardOn } from "../domain/plan/set-port.ts";
import { parsePortRange } from "../domain/port.ts";
import type { Mode } from "../domain/secret.ts";
import { checkStatsPort, parseDatacenter, parseLockPath } from "../domain/setting-rules.ts";
import { defaultSettings, type EngineName, type Settings, workerWarnings } from "../domain/settings.ts";
import { shardName } from "../domain/shard.ts";
import { bringLive } from "./bring-live.ts";
import { formerEngine, formerEngineWarnings } from "./former-engine.ts";
import type { Outcome } from "./outcome.ts";
import { refreshConfig } from "./refresh-config.ts";

/** Every setting as a flag; what is absent keeps its value, or its default on a new home. */
export interface SetupOptions {
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
  /** File to take instead of a download. */
  readonly proxySecret?: string;
  /** File to take instead of a download. */
  readonly proxyConfig?: string;
  readonly usersLock?: string;
  readonly usersWrite?: Settings["usersWrite"];
  /** `ID=HOST:PORT` each; for the trial engine. */
  readonly datacenter?: readonly string[];
  /** False writes the settings only. */
  readonly start?: boolean;
  readonly dryRun?: boolean;
}

export interface SetupResult {
  readonly home: string;
  readonly settings: Settings;
  /** The home had settings before. */
  readonly repeated: boolean;
  /** A proxy runs with these settings. */
  readonly running: boolean;
  /** Engine that served this home before and is (or would be) ended with this. */
  readonly replaces: EngineName | null;
}

/**
 * Takes a home from nothing, or from whatever it is, to a running proxy. Running it again changes what the flags say and repairs the
 * rest.
 * @returns failure when everything is written but the proxy does not run
 */
export async function setUp(ctx: Context, options: SetupOptions): Promise<Outcome<SetupResult>> {
  const before = await ctx.stores.settings.read();
  const settings = await chooseSettings(
    ctx,
    before ?? { ...defaultSettings, createdAt: ctx.clock.now().toISOString() },
    options,
  );
  await refuseOtherShardsPort(ctx, settings);
  const data = { home: ctx.paths.home, settings, repeated: before !== undefined, running: false, replaces: null };
  const warnings = workerWarnings(settings.workers, settings.defaultMode === "fake-tls");
  const former = (await formerEngine(ctx, settings)) ?? null;
  const leaving = [...warnings, ...(await formerEngineWarnings(ctx, settings))];
  const starts = options.start !== false;
  if (options.dryRun === true && starts) return { data: { ...data, replaces: former }, warnings };
  if (options.dryRun === true) return { data, warnings: leaving };
  await ctx.stores.settings.write(settings);
  await listDefaultCoverDomain(ctx, settings);
  ctx.progress.step(`settings are in ${ctx.paths.settings}`);
  if (!starts) return { data, warnings: leaving };
  const otherwise = `the settings are saved, but ${data.repeated ? "not live" : "no proxy runs"}`;
  const failure = await firstStart(ctx, settings, options, otherwise);
  if (failure !== undefined) return { data, warnings: leaving, failure };
  const isEnded = (await formerEngine(ctx, settings)) === undefined;
  return { data: { ...data, running: true, replaces: isEnded ? former : null }, warnings };
}

/** The first shard gets the set port; one that another shard's links name would make every later plan impossible. */
async function refuseOtherShardsPort(ctx: Context, { engine, port }: Settings): Promise<void> {
  if (engine === "trial") return;
  const holder = otherShardOn(port, (await ctx.stores.shards.read()).shards);
  if (holder === undefined) return;
  throw new AppError("conflict", `port ${port} is the one of ${shardName(holder.id)}, whose links name it`, {
    hint: "mtproxy plan shows which ports are in use; take another one",
  });
}

/** The domain that the admin chose is on the whitelist by that. */
async function listDefaultCoverDomain(ctx: Context, { defaultCoverDomain }: Settings): Promise<void> {
  if (defaultCoverDomain === undefined) return;
  await ctx.stores.coverDomains.update((domains) => [...new Set([...domains, defaultCoverDomain])]);
}

async function firstStart(
  ctx: Context,
  settings: Settings,
  options: SetupOptions,
  otherwise: string,
): Promise<AppError | undefined> {
  try {
    await (await ctx.engine(settings)).check();
    await fetchTelegramFiles(ctx, settings, options);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return new AppError(error.kind, `${otherwise}: ${error.message}`, {
      hint: error.hint ?? "mtproxy setup",
      cause: error,
    });
  }
  return (await bringLive(ctx, otherwise, { startStopped: true })).failure;
}

async function fetchTelegramFiles(
  ctx: Context,
  settings: Settings,
  { proxySecret, proxyConfig }: SetupOptions,
): Promise<void> {
  if (settings.engine === "trial") return;
  const given = proxySecret !== undefined || proxyConfig !== undefined;
  if (!given && (await ctx.stores.telegram.read()) !== undefined) return;
  ctx.progress.step("fetching Telegram's proxy-secret and proxy-multi.conf …");
  await refreshConfig(ctx, { fromFile: { proxySecret, proxyMultiConf: proxyConfig } });
}

async function chooseSettings(ctx: Context, base: Settings, options: SetupOptions): Promise<Settings> {
  const publicHost = await choosePublicHost(ctx, base, options);
  const egressIpv4 = await chooseEgress(ctx, base, publicHost, options);
  const given = {
    publicHost,
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
    trialDatacenters: options.datacenter && Object.fromEntries(options.datacenter.map(parseDatacenter)),
    egressIpv4,
  };
  return { ...base, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) };
}

function mapped<F, T>(given: F | undefined, parse: (given: F) => T): T | undefined {
  return given === undefined ? undefined : parse(given);
}

async function choosePublicHost(ctx: Context, base: Settings, { publicHost }: SetupOptions): Promise<string> {
  if (publicHost !== undefined) return parsePublicHost(publicHost);
  if (base.publicHost !== "") return base.publicHost;
  const [address] = await ctx.host.addresses();
  if (address === undefined) throw noPublicHost();
  ctx.progress.warn(`links will name ${address}, the first public address of this machine; --public-host changes that`);
  return address;
}

function noPublicHost(): AppError {
  return new AppError("usage", "no public address was found on this machine, and links must name one", {
    hint: "mtproxy setup --public-host YOUR.SERVER",
  });
}

/** The address that Telegram sees: as given, the public one where it is an address, else what its name resolves to. */
async function chooseEgress(
  ctx: Context,
  base: Settings,
  publicHost: string,
  { egressIpv4, publicHost: given }: SetupOptions,
): Promise<string | undefined> {
  if (egressIpv4 !== undefined) return parseIpv4(egressIpv4);
  if (given === undefined && base.egressIpv4 !== undefined) return base.egressIpv4;
  return isIpv4(publicHost) ? publicHost : ((await ctx.host.resolve4(publicHost)) ?? base.egressIpv4);
}
