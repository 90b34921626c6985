import type { HostContext } from "../../context.ts";
import type { Settings } from "../../domain/settings.ts";
import { present } from "../../state/present.ts";
import { loadSettings } from "../load-state.ts";
import type { Outcome } from "../outcome.ts";
import { parseSettings } from "../settings/choose-settings.ts";
import { setUpPart } from "../setup/set-up-host.ts";
import {
  apiTrouble,
  daemonCommand,
  type Login,
  type StatsApiState,
  seeStatsApi,
  stateOf,
  unhealthy,
} from "./stats-api-state.ts";
import { ensureToken, replaceToken, tokenMark, tokenPath } from "./token.ts";

/** The daemon reads settings and token each second. */
const PATIENCE_MS = 10_000;
const PAUSE_MS = 50;

export interface StartOptions {
  readonly port?: number | undefined;
  /** Empty for none. */
  readonly origin?: string | undefined;
  /** Whoever asks must have it. */
  readonly token?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
  readonly login: Login;
}

export interface SwitchedStatsApi extends StatsApiState {
  /** False when it was so already. */
  readonly changed: boolean;
  /** Commands that have to run, as services do, and do not. */
  readonly toRun: readonly string[];
}

/**
 * Has figures served: with the daemon as a service where systemd serves, otherwise by whatever runs it.
 * @returns failure `unhealthy` when nobody listens
 */
export async function startStatsApi(ctx: HostContext, options: StartOptions): Promise<Outcome<SwitchedStatsApi>> {
  const { before, settings } = await chosen(ctx, options);
  if (options.dryRun === true) return { data: await switched(ctx, before, settings, options.login) };
  await enableStatsApi(ctx, options);
  await setUpPart(ctx, "stats-api", settings);
  await untilServed(ctx, settings);
  const trouble = apiTrouble(ctx, await seeStatsApi(ctx, settings));
  const data = await switched(ctx, before, settings, options.login);
  return {
    data,
    warnings: tokenWarnings(settings),
    ...(trouble === undefined ? {} : { failure: unhealthy(trouble) }),
  };
}

/** The settings and the token only: for whoever runs the daemon itself. */
export async function enableStatsApi(ctx: HostContext, options: StartOptions): Promise<Outcome<SwitchedStatsApi>> {
  const { before, settings } = await chosen(ctx, options);
  if (settings.statsApiToken) await ensureToken(ctx);
  if (differs(before, settings)) await ctx.stores.settings.write(settings);
  return { data: await switched(ctx, before, settings, options.login), warnings: tokenWarnings(settings) };
}

/** Serves no more. The daemon goes on where HAProxy's routing needs it. */
export async function stopStatsApi(
  ctx: HostContext,
  { dryRun, login }: Pick<StartOptions, "dryRun" | "login">,
): Promise<Outcome<SwitchedStatsApi>> {
  const before = await loadSettings(ctx);
  const settings = { ...before, statsApi: false };
  if (dryRun !== true) {
    if (before.statsApi) await ctx.stores.settings.write(settings);
    await setUpPart(ctx, "stats-api", settings);
    await until(ctx, async () => (await seeStatsApi(ctx, settings)).report === undefined);
  }
  return { data: await switched(ctx, before, settings, login) };
}

/** @returns failure `unhealthy` when it shall be served, and is not */
export async function readStatsApi(ctx: HostContext, login: Login): Promise<Outcome<StatsApiState>> {
  const seen = await seeStatsApi(ctx, await loadSettings(ctx));
  const trouble = apiTrouble(ctx, seen);
  return { data: stateOf(ctx, seen, login), ...(trouble === undefined ? {} : { failure: unhealthy(trouble) }) };
}

export interface RotatedToken {
  readonly tokenFile: string;
  /** Who has the one before is refused already; false where nothing listens. */
  readonly live: boolean;
}

/** A new token; whoever has the one before is refused from now on. */
export async function rotateToken(ctx: HostContext, dryRun = false): Promise<Outcome<RotatedToken>> {
  const settings = await loadSettings(ctx);
  if (dryRun) return { data: { tokenFile: tokenPath(ctx.paths), live: false } };
  const mark = tokenMark(await replaceToken(ctx));
  const isServed =
    settings.statsApi && settings.statsApiToken && (await seeStatsApi(ctx, settings)).report !== undefined;
  const live =
    isServed && (await until(ctx, async () => (await seeStatsApi(ctx, settings)).report?.tokenMark === mark));
  return {
    data: { tokenFile: tokenPath(ctx.paths), live },
    warnings: settings.statsApiToken ? [] : ["nobody is asked for it: mtproxy stats-api start --token"],
  };
}

async function chosen(ctx: HostContext, { port, origin, token }: StartOptions) {
  const before = await loadSettings(ctx);
  const given = present({ statsApi: true, statsApiPort: port, statsApiOrigin: origin, statsApiToken: token });
  return { before, settings: { ...before, ...parseSettings(given) } };
}

async function switched(
  ctx: HostContext,
  before: Settings,
  settings: Settings,
  login: Login,
): Promise<SwitchedStatsApi> {
  const seen = await seeStatsApi(ctx, settings);
  const isMissing = settings.statsApi && seen.daemon.condition === "gone";
  return {
    ...stateOf(ctx, seen, login),
    changed: differs(before, settings),
    toRun: isMissing ? [daemonCommand(ctx)] : [],
  };
}

function differs(before: Settings, after: Settings): boolean {
  return JSON.stringify(before) !== JSON.stringify(after);
}

/** Where a daemon runs it takes a second; where none does nobody is waited for. */
async function untilServed(ctx: HostContext, settings: Settings): Promise<void> {
  const token = settings.statsApiToken ? tokenMark(await ensureToken(ctx)) : null;
  await until(ctx, async () => {
    const { daemon, report } = await seeStatsApi(ctx, settings);
    if (daemon.condition === "gone" || daemon.outdated) return true;
    if (report?.port !== settings.statsApiPort || report.origin !== (settings.statsApiOrigin || null)) return false;
    return report.fault !== null || report.tokenMark === token;
  });
}

/** @returns whether it came about in time */
async function until(ctx: HostContext, isSo: () => Promise<boolean>): Promise<boolean> {
  const deadline = ctx.clock.now().getTime() + PATIENCE_MS;
  for (;;) {
    if (await isSo()) return true;
    if (ctx.clock.now().getTime() > deadline) return false;
    await ctx.clock.sleep(PAUSE_MS);
  }
}

function tokenWarnings({ statsApiToken }: Settings): string[] {
  return statsApiToken
    ? []
    : ["no token is asked for: every program and every person on this machine sees the figures; links are not shown"];
}
