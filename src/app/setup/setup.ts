import type { Context, HostContext } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { statisticsUrl } from "../../domain/promoted-channel.ts";
import { defaultSettings, type EngineName, type Settings, workerWarnings } from "../../domain/settings.ts";
import { formerEngine, formerEngineWarnings } from "../live/former-engine.ts";
import type { Outcome } from "../outcome.ts";
import { withSubnet } from "../routing/switch-routing.ts";
import {
  chooseSettings,
  refuseOtherShardsPort,
  type SettingOptions,
  writeSettings,
} from "../settings/choose-settings.ts";
import { refreshConfig } from "../telegram-config/refresh-config.ts";
import { bringLiveWithServices } from "./bring-edge-live.ts";

/** Every setting as a flag, and what else a first start may need. */
export interface SetupOptions extends SettingOptions {
  /** @MTProxybot's tag, for every proxy from its first start. */
  readonly proxyTag?: string | undefined;
  /** File to take instead of a download. */
  readonly proxySecret?: string;
  /** File to take instead of a download. */
  readonly proxyConfig?: string;
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
export async function setUp(ctx: HostContext, options: SetupOptions): Promise<Outcome<SetupResult>> {
  const before = await ctx.stores.settings.read();
  const base = before ?? { ...defaultSettings, createdAt: ctx.clock.now().toISOString() };
  const settings = await withSubnet(ctx, await chooseSettings(ctx, base, options));
  await refuseOtherShardsPort(ctx, settings);
  const data = { home: ctx.paths.home, settings, repeated: before !== undefined, running: false, replaces: null };
  const warnings = workerWarnings(settings.workers, settings.defaultMode === "fake-tls");
  const former = (await formerEngine(ctx, settings)) ?? null;
  const leaving = [...warnings, ...(await formerEngineWarnings(ctx, settings))];
  const starts = options.start !== false;
  if (options.dryRun === true && starts) return { data: { ...data, replaces: former }, warnings };
  if (options.dryRun === true) return { data, warnings: leaving };
  await writeSettings(ctx, settings);
  ctx.progress.step(`settings are in ${ctx.paths.settings}`);
  await writeTag(ctx, options.proxyTag);
  if (!starts) return { data, warnings: leaving };
  const otherwise = `the settings are saved, but ${data.repeated ? "not live" : "no proxy runs"}`;
  const failure = await firstStart(ctx, settings, options, otherwise);
  if (failure !== undefined) return { data, warnings: leaving, failure };
  const isEnded = (await formerEngine(ctx, settings)) === undefined;
  return { data: { ...data, running: true, replaces: isEnded ? former : null }, warnings };
}

async function writeTag(ctx: Context, proxyTag: string | undefined): Promise<void> {
  if (proxyTag === undefined) return;
  const registeredAt = ctx.clock.now().toISOString();
  await ctx.stores.promotedChannel.update((before) => ({
    statisticsUrl,
    registeredAt,
    ...(before?.proxyTag === proxyTag ? before : {}),
    proxyTag,
    enabled: true,
  }));
}

async function firstStart(
  ctx: HostContext,
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
  return (await bringLiveWithServices(ctx, settings, otherwise, { startStopped: true })).failure;
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
