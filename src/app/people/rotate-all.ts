import type { Context, HostContext } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import type { Key } from "../../domain/key.ts";
import type { Settings } from "../../domain/settings.ts";
import { hasSecret, type ProxyUser, secretsOf } from "../../domain/user.ts";
import { replacementFields, type UserEdit } from "../../state/users-text.ts";
import { bringLive } from "../live/bring-live.ts";
import { knownPlaces } from "../live/known-places.ts";
import { planState, refuseTakenPort } from "../live/plan-state.ts";
import { loadSettings, loadState, type State } from "../load-state.ts";
import type { Outcome } from "../outcome.ts";
import { moveHostParts } from "../settings/change-settings.ts";
import { chooseSettings, refuseOtherShardsPort, writeSettings } from "../settings/choose-settings.ts";
import { type InvitationPaths, invitationPaths, type KnownPlaces, linkOf, writeInvitation } from "./client-files.ts";
import { noteHolders } from "./hand-out.ts";
import { holdKeys } from "./hold-key.ts";
import { formerUntil, type Overlap, withNewKey } from "./regenerate-user-secret.ts";
import { type UserCard, userCard } from "./user-card.ts";
import { verifyLinks } from "./verify-links.ts";
import { spareKeys, wantedSecret } from "./wanted-secret.ts";

export interface RotateOptions {
  /** Another cover domain for every fake-TLS link. */
  readonly domain?: string | undefined;
  /** Another public port for the first shard; the others get the next free ones behind it. */
  readonly port?: number | undefined;
  /** How long the old links go on working, for instance `7d`. */
  readonly overlap?: string | undefined;
  /** Running shards may be restarted to take the cover domain. */
  readonly allowRestart?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
}

/** Somebody with a new link, and what to send them. */
export interface RotatedUser extends UserCard {
  /** Null for somebody who is disabled, and where the link does not work yet. */
  readonly invitation: InvitationPaths | null;
}

export interface Rotated {
  readonly users: readonly RotatedUser[];
  /** ISO 8601; null where the old links are dead. */
  readonly oldLinksUntil: string | null;
  /** The first shard's, where it was changed. */
  readonly port: number | null;
  readonly domain: string | null;
}

/**
 * New keys for everybody who has a secret, in one write of users.json and one apply: for the day on which links were found out. Writes
 * a message and a page for each.
 * @returns failure when they are saved but the new links do not work, or the old ones still do
 * @throws AppError usage for wishes that exclude each other, conflict when there is nobody, environment for a port that is taken
 */
export async function rotateAll(ctx: Context, options: RotateOptions): Promise<Outcome<Rotated>> {
  const state = await loadState(ctx);
  const domain = wantedDomain(state, options);
  const former = formerUntil(ctx, options.overlap);
  const settings = await wantedSettings(ctx, state, options);
  if (options.dryRun !== true && settings !== state.settings) await writeSettings(ctx, settings);
  const { users, lost } = await replaceKeys(ctx, { former, domain, dryRun: options.dryRun === true });
  const describe = (people: RotatedUser[]): Rotated => ({
    users: people,
    oldLinksUntil: users[0]?.former?.until ?? null,
    port: settings === state.settings ? null : settings.port,
    domain: domain ?? null,
  });
  const warnings = sharedWarnings(state, options);
  if (options.dryRun === true) {
    const everybody = state.users.map((user) => users.find(({ name }) => name === user.name) ?? user);
    const planned = await planState(ctx, { settings, users: everybody, portsFrom: options.port });
    // These keys are nobody's: a link with one never works.
    const shown = (await cards(ctx, planned, users, false)).map((card) => ({ ...card, link: null }));
    return { data: describe(shown), warnings };
  }
  const { failure } = await bringLive(ctx, otherwise(users.length, former), {
    whileStopped: "everybody has a new key and nobody has access now",
    allowRestart: options.allowRestart ?? false,
    portsFrom: options.port,
  });
  if (failure !== undefined) await noteHolders(ctx, users);
  const planned = await (failure === undefined ? planState(ctx) : knownPlaces(ctx));
  const data = describe(await cards(ctx, planned, users, failure === undefined));
  const fault = failure ?? (await sharedKey(ctx, lost)) ?? (await proof(ctx, users));
  return fault === undefined ? { data, warnings } : { data, warnings, failure: fault };
}

/** The same, and what else on the machine names the port goes where it went: a firewall rule, for instance. */
export async function rotateOnHost(ctx: HostContext, options: RotateOptions): Promise<Outcome<Rotated>> {
  const before = await loadSettings(ctx);
  const outcome = await rotateAll(ctx, options);
  if (outcome.failure !== undefined || options.dryRun === true) return outcome;
  const told = await moveHostParts(ctx, before, await loadSettings(ctx));
  return { ...outcome, warnings: [...(outcome.warnings ?? []), ...told] };
}

function sharedWarnings({ sharedSecrets }: State, { port }: RotateOptions): string[] {
  if (!sharedSecrets.some(({ active }) => active)) return [];
  if (port === undefined) return ["shared secrets keep their links: mtproxy regenerate-secret gives one another"];
  return ["shared secrets keep their keys, but their links name other ports now: mtproxy show-config"];
}

function wantedDomain(state: State, { domain, overlap, port }: RotateOptions): string | undefined {
  const holders = state.users.filter(hasSecret);
  if (holders.length === 0)
    throw new AppError("conflict", "nobody has a link yet", { hint: "mtproxy add-user NAME gives the first" });
  if (overlap !== undefined && port !== undefined)
    throw new AppError("usage", "--overlap cannot keep links alive whose port is given up with --port");
  if (domain === undefined) return undefined;
  if (!holders.some(({ secret }) => secret.mode === "fake-tls"))
    throw new AppError("conflict", "nobody has a fake-TLS link, and only those have a cover domain", {
      hint: "mtproxy rotate --all without --domain",
    });
  return wantedSecret(state, { domain }, "fake-tls").domain;
}

async function wantedSettings(ctx: Context, state: State, { port }: RotateOptions): Promise<Settings> {
  if (port === undefined) return state.settings;
  const settings = port === state.settings.port ? state.settings : await chooseSettings(ctx, state.settings, { port });
  await refuseOtherShardsPort(ctx, settings);
  await refuseTakenPort(ctx, await planState(ctx, { settings, portsFrom: port }));
  return settings;
}

interface Replacing {
  readonly former: Overlap | undefined;
  readonly domain: string | undefined;
  readonly dryRun: boolean;
}

interface Replaced {
  readonly users: readonly ProxyUser[];
  /** Keys that nobody of these has any more. */
  readonly lost: readonly Key[];
}

function replaceKeys(ctx: Context, { former, domain, dryRun }: Replacing): Promise<Replaced> {
  return ctx.stores.users.update("giving everybody a new key", async ({ users }) => {
    const holders = users.filter(hasSecret);
    if (!dryRun) await holdKeys(ctx, holders);
    const spares = spareKeys({ ...(await loadState(ctx)), users });
    const replaced = holders.map((user) =>
      withNewKey(ctx, spares, user, former, user.secret.mode === "fake-tls" ? domain : undefined),
    );
    const kept = new Set(keysOf(replaced).map((key) => key.reveal()));
    const lost = keysOf(holders).filter((key) => !kept.has(key.reveal()));
    return { edits: dryRun ? [] : replaced.map(editOf), result: { users: replaced, lost } };
  });
}

function keysOf(users: readonly ProxyUser[]): Key[] {
  return users.flatMap((user) => secretsOf(user).map(({ key }) => key));
}

/** A key that a shared secret has too goes on working after it was taken from a person. */
async function sharedKey(ctx: Context, lost: readonly Key[]): Promise<AppError | undefined> {
  const digits = new Set(lost.map((key) => key.reveal()));
  const shared = (await ctx.stores.sharedSecrets.read()).filter(
    ({ secret, active }) => active && digits.has(secret.key.reveal()),
  );
  if (shared.length === 0) return undefined;
  return new AppError("conflict", "an old link STILL WORKS: a shared secret has the same key", {
    hint: "mtproxy list-secrets shows it; mtproxy regenerate-secret gives it another key",
  });
}

function editOf({ name, secret, former }: ProxyUser): UserEdit {
  return { kind: "set", name, fields: replacementFields(secret, former) };
}

function otherwise(count: number, former: Overlap | undefined): string {
  const who = `${count} ${count === 1 ? "person has a new key" : "people have new keys"}`;
  return former === undefined
    ? `${who}, BUT THE OLD LINKS STILL WORK until the change is live`
    : `${who}, but only the old links work yet`;
}

/** With what to send to whom, once the links work. */
async function cards(
  ctx: Context,
  planned: KnownPlaces,
  users: readonly ProxyUser[],
  isLive: boolean,
): Promise<RotatedUser[]> {
  const rotated: RotatedUser[] = [];
  for (const user of users) {
    const link = isLive && user.enabled ? linkOf(planned, user) : undefined;
    if (link !== undefined) await writeInvitation(ctx, user.name, link, user.former ?? "dead");
    const invitation = link === undefined ? null : invitationPaths(ctx, user.name);
    rotated.push({ ...userCard(ctx, planned, user), invitation });
  }
  return rotated;
}

async function proof(ctx: Context, users: readonly ProxyUser[]): Promise<AppError | undefined> {
  const names = users.filter(({ enabled }) => enabled).map(({ name }) => name);
  return names.length === 0 ? undefined : (await verifyLinks(ctx, { names, via: "127.0.0.1" })).failure;
}
