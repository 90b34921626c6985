import { basename, dirname, join } from "node:path";
import type { Context, HostContext } from "../../context.ts";
import { HAPROXY_LOG } from "../../domain/connection-log.ts";
import { DOCKER_MISSING } from "../../domain/engine-facts.ts";
import { AppError, wordsOf } from "../../domain/errors.ts";
import { type HostEntry, hostParts } from "../../domain/host-record.ts";
import { defaultSettings, type EngineName, type Settings } from "../../domain/settings.ts";
import { shardName } from "../../domain/shard.ts";
import { hasSecret } from "../../domain/user.ts";
import { enginesOf } from "../live/former-engine.ts";
import type { Outcome } from "../outcome.ts";
import { removeHomeContents } from "./home-contents.ts";
import { removePart } from "./set-up-host.ts";
import { findVlessStack } from "./vless-stack.ts";

/** What an uninstall would take away. */
export interface UninstallPlan {
  readonly home: string;
  /** The home goes too, with every key: no link that was handed out works ever again. */
  readonly purge: boolean;
  readonly proxies: readonly EngineProxies[];
  readonly host: readonly HostEntry[];
  /** People who have a link. */
  readonly users: number;
  /** A VLESS stack lives in the home: its files stay, whatever is purged. */
  readonly sharesHome: boolean;
}

interface EngineProxies {
  readonly engine: EngineName;
  /** Names of containers or processes; null while the engine cannot be reached. */
  readonly names: readonly string[] | null;
}

export interface Uninstalled extends UninstallPlan {
  readonly done: boolean;
  /** What is left in the home, relative to it. */
  readonly left: readonly string[];
  /** What could not be removed, and what removes it. */
  readonly stays: readonly Remnant[];
}

export interface Remnant {
  readonly what: string;
  /** A command. */
  readonly next: string;
}

/** Reads only. A home whose files cannot be read can be left all the same. */
export async function planUninstall(ctx: HostContext, purge: boolean): Promise<UninstallPlan> {
  const settings = await settingsOf(ctx);
  const engines = await enginesOf(ctx);
  const [proxies, host, users, stack] = await Promise.all([
    Promise.all(engines.map((engine) => proxiesOf(ctx, settings, engine))),
    unlessUnreadable(() => ctx.stores.hostRecord.read(), []),
    unlessUnreadable(async () => (await ctx.stores.users.read()).users.filter(hasSecret).length, 0),
    findVlessStack(ctx),
  ]);
  return { home: ctx.paths.home, purge, proxies, host, users, sharesHome: stack !== null };
}

function settingsOf(ctx: Context): Promise<Settings> {
  return unlessUnreadable(async () => (await ctx.stores.settings.read()) ?? defaultSettings, defaultSettings);
}

async function unlessUnreadable<T>(read: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof AppError && error.kind === "invalid") return otherwise;
    throw error;
  }
}

async function proxiesOf(ctx: Context, settings: Settings, name: EngineName): Promise<EngineProxies> {
  try {
    const engine = await ctx.engine({ ...settings, engine: name });
    return { engine: name, names: (await engine.instances()).map(({ shardId }) => shardName(shardId)) };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { engine: name, names: error.kind === "conflict" ? [] : null };
  }
}

/**
 * Ends the proxies of both engines, takes away what we put on the machine and, with purge, everything of ours in the home. Each step
 * for itself: what cannot be done is said, and the rest is done all the same. Running it again does what is left.
 * @returns failure when proxies may still run, or something could not be removed
 */
export async function uninstall(ctx: HostContext, plan: UninstallPlan): Promise<Outcome<Uninstalled>> {
  ctx.putOffInterrupts();
  const proxies = await endProxies(ctx, plan);
  const parts = await removeHostParts(ctx);
  const log = await attempt(() => removeConnectionLog(ctx));
  const purged = plan.purge ? await attempt(() => purgeHome(ctx)) : undefined;
  const left = purged?.value ?? (await ctx.files.list(ctx.paths.home));
  const [first, ...others] = [...proxies.troubles, ...parts.troubles, ...log.trouble, ...(purged?.trouble ?? [])];
  return {
    data: { ...plan, done: true, left, stays: [...proxies.stays, ...parts.stays] },
    warnings: [...proxies.warnings, ...others.map(({ message }) => message)],
    ...(first === undefined ? {} : { failure: first }),
  };
}

/** How a step of it went. */
interface Removal {
  readonly troubles: AppError[];
  readonly warnings: string[];
  readonly stays: Remnant[];
}

async function endProxies(ctx: HostContext, { proxies }: UninstallPlan): Promise<Removal> {
  const settings = await settingsOf(ctx);
  const removal: Removal = { troubles: [], warnings: [], stays: [] };
  for (const { engine } of proxies) {
    const [error] = (await attempt(() => endEngine(ctx, { ...settings, engine }))).trouble;
    if (error === undefined) continue;
    // Without a Docker nothing of it runs: that keeps nobody from leaving.
    if (error.message === DOCKER_MISSING) removal.warnings.push(`${DOCKER_MISSING} any more: ${ASLEEP}`);
    else removal.troubles.push(outOfReach(engine, error));
    if (error.kind !== "conflict") removal.stays.push(remnants[engine]);
  }
  return removal;
}

const ASLEEP = "its containers do not run, but may come back with it, and let people in then";

function endEngine(ctx: HostContext, settings: Settings): Promise<void> {
  const work = async () => {
    const engine = await ctx.engine(settings);
    const ids = (await engine.instances()).map(({ shardId }) => shardId);
    await engine.edge?.removeHaproxy();
    await engine.up([], ids);
    if (ids.length > 0) ctx.progress.step(`ended: ${ids.map(shardName).join(", ")}`);
  };
  return ctx.locks.withLock(join(ctx.paths.run, "apply.lock"), work, { purpose: "uninstalling" });
}

function outOfReach(engine: EngineName, error: AppError): AppError {
  if (error.kind === "conflict") return error;
  const what = engine === "docker" ? "CONTAINERS" : "THE PROXY";
  const { next } = remnants[engine];
  return new AppError(error.kind, `${what} OF THIS HOME MAY STILL RUN AND LET PEOPLE IN: ${error.message}`, {
    hint: engine === "docker" ? `everything else is removed; once Docker runs: ${next}` : `${next} tries again`,
    cause: error,
  });
}

const remnants: Readonly<Record<EngineName, Remnant>> = {
  docker: {
    what: "containers of the project familytraffic-mtproxy",
    next: "docker rm -f $(docker ps -aq --filter label=com.docker.compose.project=familytraffic-mtproxy)",
  },
  trial: { what: "the process of the trial engine", next: "mtproxy uninstall" },
};

async function removeHostParts(ctx: HostContext): Promise<Removal> {
  const troubles: AppError[] = [];
  for (const part of hostParts) troubles.push(...(await attempt(() => removePart(ctx, part))).trouble);
  const entries = await unlessUnreadable(() => ctx.stores.hostRecord.read(), []);
  return { troubles, warnings: [], stays: entries.map(({ what }) => ({ what, next: "mtproxy uninstall" })) };
}

/** Of HAProxy's routing, and what became of it since: it names people's addresses. */
async function removeConnectionLog(ctx: HostContext): Promise<void> {
  if ((await settingsOf(ctx)).edgeSubnet === undefined) return;
  const folder = ctx.machine.at(dirname(HAPROXY_LOG));
  const leaf = basename(HAPROXY_LOG);
  const ours = (await ctx.files.list(folder)).filter((name) => name === leaf || name.startsWith(`${leaf}.`));
  for (const name of ours) await ctx.files.remove(join(folder, name));
}

/** Under the locks of the state: whoever writes it now is waited for, and finds nothing afterwards. */
async function purgeHome(ctx: HostContext): Promise<string[]> {
  await ctx.stores.users.update("uninstalling", ({ users, isOurs }) => ({
    edits: users
      .filter((user) => hasSecret(user) || isOurs(user.name))
      .map(({ name }) => ({ kind: isOurs(name) ? ("remove-record" as const) : ("clear" as const), name })),
    result: undefined,
  }));
  const { usersLock } = await settingsOf(ctx);
  const left = await ctx.stores.exclusively("uninstalling", () => removeHomeContents(ctx));
  if (left.length === 0) await removeLock(ctx, usersLock);
  return left;
}

/** Nobody but us takes it where there is no VLESS stack; somebody's file with words in it is no lock of ours. */
async function removeLock({ files }: Context, path: string): Promise<void> {
  if ((await files.stat(path))?.size === 0) await files.remove(path);
}

async function attempt<T>(work: () => Promise<T>): Promise<{ readonly value?: T; readonly trouble: AppError[] }> {
  try {
    return { value: await work(), trouble: [] };
  } catch (error) {
    if (error instanceof AppError && error.kind !== "bug") return { trouble: [error] };
    throw new AppError("bug", wordsOf(error), { cause: error });
  }
}
