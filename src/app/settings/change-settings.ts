import type { Context, HostContext } from "../../context.ts";
import { defaultSettings, type Settings, workerWarnings } from "../../domain/settings.ts";
import { bringLive } from "../live/bring-live.ts";
import { planState, refuseTakenPort } from "../live/plan-state.ts";
import { loadSettings, type PlannedState } from "../load-state.ts";
import type { Outcome } from "../outcome.ts";
import { type ChangedLink, changedLinks } from "../people/changed-links.ts";
import type { AskRenewal } from "../routing/renewal.ts";
import { jailState } from "../setup/fail2ban.ts";
import { firewallRules } from "../setup/firewall.ts";
import { setUpHost } from "../setup/set-up-host.ts";
import { chooseSettings, refuseOtherShardsPort, type SettingOptions, writeSettings } from "./choose-settings.ts";
import { sourceWarnings } from "./source-warnings.ts";

/** A setting that is another one now. */
export interface ChangedSetting {
  readonly name: string;
  readonly from: unknown;
  readonly to: unknown;
}

export interface ChangedSettings {
  readonly changed: readonly ChangedSetting[];
  readonly links: readonly ChangedLink[];
  /** The proxies run with them. */
  readonly live: boolean;
}

interface ChangeOptions {
  readonly dryRun?: boolean | undefined;
  /** Asked before anything is changed; nothing is when the answer is no. HAProxy's container waits for the next apply without it. */
  readonly mayRenew?: AskRenewal;
}

/** All settings as they are; those that nobody set have their defaults. */
export async function showSettings(ctx: Context): Promise<Outcome<Settings>> {
  return { data: await loadSettings(ctx) };
}

/**
 * Changes settings of a home that is set up, makes them live, and rewrites the files of everybody whose link changes.
 * @returns failure when they are saved but not live
 * @throws AppError environment for a port that something else holds; nothing is changed then
 */
export async function changeSettings(
  ctx: HostContext,
  { mayRenew, dryRun, ...options }: SettingOptions & ChangeOptions,
): Promise<Outcome<ChangedSettings>> {
  const before = await loadSettings(ctx);
  const settings = await chooseSettings(ctx, before, options);
  await refuseOtherShardsPort(ctx, settings);
  const changed = differences(before, settings);
  const was = await planState(ctx);
  const planned = await planState(ctx, { settings });
  await refuseTakenPort(ctx, planned);
  const data = { changed, links: changedLinks(was, planned), live: false };
  const warnings = [
    ...(options.workers === undefined ? [] : workerWarnings(settings.workers, hasFakeTls(planned))),
    ...(await sourceWarnings(ctx, before, settings)),
    ...sharedLinkWarnings(before, planned),
  ];
  if (dryRun === true) return { data, warnings };
  const renewsHaproxy = await mayRenew?.(settings);
  if (renewsHaproxy === false) return { data: { changed: [], links: [], live: true } };
  if (changed.length > 0) await writeSettings(ctx, settings);
  const { failure } = await bringLive(ctx, "the settings are saved, but not live", {
    renewsHaproxy: renewsHaproxy === true,
  });
  // A port that is not live yet is not let in yet; whether UFW counts has nothing to do with what runs.
  const isOpen = failure === undefined || before.port === settings.port;
  const told = [...warnings, ...(isOpen ? await moveHostParts(ctx, before, settings) : [])];
  return failure === undefined ? { data: { ...data, live: true }, warnings: told } : { data, warnings: told, failure };
}

/** A firewall rule and what else names the port go where it went. */
export async function moveHostParts(ctx: HostContext, before: Settings, after: Settings): Promise<string[]> {
  const parts = await ctx.stores.hostRecord.read();
  const isSwitched =
    before.dockerFirewall !== after.dockerFirewall ||
    before.statsApi !== after.statsApi ||
    jailState(before) !== jailState(after);
  if (!isSwitched && (parts.length === 0 || named(before) === named(after))) return [];
  const { failures } = await setUpHost(ctx, {}, after);
  const old = isSwitched ? "the machine is as before" : `the machine still names port ${before.port}`;
  return failures.map(({ message }) => `${old}: ${message}; sudo mtproxy setup`);
}

/** What parts of the machine are made from. */
function named(settings: Settings): string {
  const { portRange, routing } = settings;
  return JSON.stringify([portRange, routing, firewallRules(settings, { shards: [], retiredPorts: [] })]);
}

/** Nobody knows who has these, so there is no file to rewrite. */
function sharedLinkWarnings(before: Settings, { state: { settings, sharedSecrets } }: PlannedState): string[] {
  const isMoved = before.publicHost !== settings.publicHost || before.port !== settings.port;
  if (!isMoved || !sharedSecrets.some(({ active }) => active)) return [];
  return ["the links of shared secrets may name another place then: mtproxy show-config"];
}

function hasFakeTls({ plan }: PlannedState): boolean {
  return plan.shards.some(({ shard }) => shard.family !== "obfuscated");
}

function differences(before: Settings, after: Settings): ChangedSetting[] {
  const names = new Set([...Object.keys(defaultSettings), ...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) => {
    const [from, to] = [before[name as keyof Settings], after[name as keyof Settings]];
    return JSON.stringify(from) === JSON.stringify(to)
      ? []
      : [{ name: snakeName(name), from: from ?? null, to: to ?? null }];
  });
}

/** As it stands in the file. */
function snakeName(name: string): string {
  return name.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
}
