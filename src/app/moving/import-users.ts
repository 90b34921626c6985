import { basename, dirname, join, resolve } from "node:path";
import type { Context } from "../../context.ts";
import { parsePublicHost } from "../../domain/address.ts";
import { toHex } from "../../domain/bytes.ts";
import { AppError } from "../../domain/errors.ts";
import { parseGroup } from "../../domain/group.ts";
import { type Settled, settleNewcomers, type TurnedAway } from "../../domain/imported-users.ts";
import type { PlanCost } from "../../domain/plan/changes.ts";
import { shown } from "../../domain/printable.ts";
import { domainOf, type Mode, maskSecret } from "../../domain/secret.ts";
import type { ProxyUser } from "../../domain/user.ts";
import { parseNote, parseTags, type UserLabels } from "../../domain/user-labels.ts";
import { detectFormat, type ImportFormatName, importFormatNames, importFormats } from "../../state/import/formats.ts";
import type { FoundSecret, FoundSettings, ImportFormat, Source } from "../../state/import/source.ts";
import { fieldsOf, type UserEdit } from "../../state/users-text.ts";
import { bringLive } from "../live/bring-live.ts";
import { planState } from "../live/plan-state.ts";
import { previewApply } from "../live/preview-apply.ts";
import { loadSettings, loadState, type PlannedState } from "../load-state.ts";
import type { Outcome } from "../outcome.ts";
import { linkOf } from "../people/client-files.ts";
import { verifyLinks } from "../people/verify-links.ts";
import { stagePresent } from "./staged-home.ts";

export interface ImportOptions {
  readonly file: string;
  /** Name of a format; found out otherwise. */
  readonly from?: string | undefined;
  /** Which mode to take where the file leaves several open. */
  readonly mode?: Mode | undefined;
  readonly dryRun?: boolean | undefined;
}

/** Whether the link that a person has goes on working: which part of it is another one here. */
export type LinkFate = "same" | "port" | "server" | "other" | "unknown";

export interface ImportedUser {
  readonly username: string;
  /** The name there, where it could not be kept. */
  readonly renamedFrom: string | null;
  /** The record was in users.json before. */
  readonly present: boolean;
  readonly mode: Mode;
  readonly domain: string | null;
  /** Masked. */
  readonly secret: string;
  readonly enabled: boolean;
  /** ISO 8601. */
  readonly expiresAt: string | null;
  readonly shardId: number | null;
  readonly port: number | null;
  /** What the link there names; null where the file does not tell. */
  readonly formerServer: string | null;
  readonly formerPort: number | null;
  readonly link: LinkFate;
  /** Why the link that they have cannot work here. */
  readonly reason: string | null;
}

/** A setting of the other proxy that was not taken. */
export interface ToldSetting {
  readonly name: "port" | "workers" | "public_host" | "tag";
  readonly there: string;
  readonly here: string | null;
  /** What sets it here. */
  readonly command: string;
}

export interface Imported {
  readonly file: string;
  readonly format: ImportFormatName;
  readonly title: string;
  readonly users: readonly ImportedUser[];
  readonly skipped: readonly TurnedAway[];
  readonly coverDomainsAdded: readonly string[];
  readonly settings: readonly ToldSetting[];
  readonly notes: readonly string[];
  readonly imported: boolean;
  /** What a dry run foresees for the processes; null where no engine could be asked. */
  readonly cost: PlanCost | null;
}

/**
 * Takes people with their keys from another proxy's files: one write of users.json, one apply. Settings found there are told and
 * never taken, and what cannot be taken is listed with the reason.
 * @returns failure when the people are saved, but their links do not work yet
 * @throws AppError not-found without the file, invalid for one of no known kind
 */
export async function importUsers(ctx: Context, options: ImportOptions): Promise<Outcome<Imported>> {
  await loadSettings(ctx);
  const read = await readSource(ctx, options);
  if (options.dryRun === true) return { data: await preview(ctx, read) };
  const taken = await take(ctx, read.source.found);
  const names = taken.people.map(({ name }) => name);
  const data = (planned: PlannedState | undefined) => describe(ctx, read, taken, planned, true);
  if (names.length === 0) return { data: data(await planState(ctx)) };
  const { failure } = await bringLive(ctx, "the people are saved, but their links do not work yet", {
    changedUsers: names,
  });
  if (failure !== undefined) return { data: data(await planned(ctx)), failure };
  const enabled = taken.people.filter(({ newcomer }) => isEnabled(ctx, newcomer)).map(({ name }) => name);
  const outcome = { data: data(await planState(ctx)) };
  if (enabled.length === 0) return outcome;
  const proof = await verifyLinks(ctx, { names: enabled, via: "127.0.0.1" });
  return proof.failure === undefined ? outcome : { ...outcome, failure: proof.failure };
}

/** What kept the links from becoming live may keep the plan from being made too. */
async function planned(ctx: Context): Promise<PlannedState | undefined> {
  try {
    return await planState(ctx);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return undefined;
  }
}

interface ReadSource {
  readonly file: string;
  readonly format: ImportFormatName;
  readonly source: Source;
}

async function readSource(ctx: Context, { file, from, mode }: ImportOptions): Promise<ReadSource> {
  const path = resolve(file);
  const text = await ctx.files.readText(path);
  if (text === undefined) throw new AppError("not-found", `there is no file ${shown(path, 200)}`);
  const name = basename(path);
  const format = from === undefined ? detectFormat({ text, name }) : parseFormat(from);
  const kind: ImportFormat = importFormats[format];
  const beside = await readCompanions(ctx, dirname(path), kind.companions ?? []);
  return { file: path, format, source: kind.read({ text, name, beside, mode }) };
}

function parseFormat(text: string): ImportFormatName {
  const name = importFormatNames.find((format) => format === text);
  if (name !== undefined) return name;
  throw new AppError("usage", "--from names no format", { hint: importFormatNames.join(", ") });
}

async function readCompanions(ctx: Context, folder: string, names: readonly string[]): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of names) {
    const text = await ctx.files.readText(join(folder, name));
    if (text !== undefined) found[name] = text;
  }
  return found;
}

interface Taken {
  readonly people: readonly Settled<FoundSecret>[];
  readonly skipped: readonly TurnedAway[];
  readonly domains: readonly string[];
}

/** Reads, decides and writes under the state lock; users.json is written last, and once. */
function take(ctx: Context, found: readonly FoundSecret[]): Promise<Taken> {
  return ctx.stores.users.update("importing people", async ({ users }) => {
    const state = await loadState(ctx);
    const { settled, turnedAway } = settleNewcomers(found, users, state.sharedSecrets);
    const named = settled.flatMap(({ newcomer }) => domainOf(newcomer.secret) ?? []);
    const domains = [...new Set(named)].filter((domain) => !state.coverDomains.includes(domain));
    if (domains.length > 0) await ctx.stores.coverDomains.update((listed) => [...listed, ...domains]);
    const edits = settled.map((person) => editFor(ctx, person));
    return { edits, result: { people: settled, skipped: turnedAway, domains } };
  });
}

function editFor(ctx: Context, { newcomer, name, present }: Settled<FoundSecret>): UserEdit {
  const fields = fieldsOf(userOf(ctx, { newcomer, name }));
  if (present !== undefined) return { kind: "set", name, fields };
  return { kind: "add", name, uuid: ctx.random.uuid(), proxyPassword: toHex(ctx.random.bytes(16)), fields };
}

function userOf(ctx: Context, { newcomer, name }: Settled<FoundSecret>): ProxyUser {
  const { secret, createdAt = ctx.clock.now().toISOString() } = newcomer;
  return { name, secret, enabled: isEnabled(ctx, newcomer), createdAt, hasProxyPassword: true, ...labelsOf(newcomer) };
}

/** Whose time was up there does not get in here either. */
function isEnabled({ clock }: Context, { enabled = true, expiresAt }: FoundSecret): boolean {
  return enabled && (expiresAt === undefined || Date.parse(expiresAt) > clock.now().getTime());
}

/** A note that may hold a key stays where it is: notes are shown in lists. */
function labelsOf({ note, tags = [], group, expiresAt }: FoundSecret): UserLabels {
  return {
    ...tried(() => ({ note: parseNote(note ?? "") })),
    ...tried(() => ({ tags: parseTags(tags) })),
    ...tried(() => (group === undefined ? {} : { group: parseGroup(group) })),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

function tried(read: () => Omit<UserLabels, "note"> & { readonly note?: string | undefined }): UserLabels {
  try {
    const { note, tags = [], ...rest } = read();
    return { ...rest, ...(note === undefined ? {} : { note }), ...(tags.length === 0 ? {} : { tags }) };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return {};
  }
}

/** On a copy of the home that is in memory only. */
async function preview(ctx: Context, read: ReadSource): Promise<Imported> {
  const staged = await stagePresent(ctx);
  const taken = await take(staged.ctx, read.source.found);
  const plan = await planState(staged.ctx);
  const told = describe(ctx, read, taken, plan, false);
  try {
    return { ...told, cost: (await previewApply(staged.ctx, plan)).cost };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    ctx.progress.warn(`what it costs cannot be told: ${error.message}`);
    return told;
  }
}

function describe(
  ctx: Context,
  { file, format, source }: ReadSource,
  taken: Taken,
  planned: PlannedState | undefined,
  imported: boolean,
): Imported {
  return {
    file,
    format,
    title: importFormats[format].title,
    users: taken.people.map((person) => importedUser(ctx, person, planned)),
    skipped: [...source.refused, ...taken.skipped].map(({ what, reason }) => ({ what: shown(what), reason })),
    coverDomainsAdded: taken.domains,
    settings: planned === undefined ? [] : toldSettings(source.settings, planned),
    notes: source.notes,
    imported,
    cost: null,
  };
}

function importedUser(
  ctx: Context,
  { newcomer, name, present }: Settled<FoundSecret>,
  planned: PlannedState | undefined,
): ImportedUser {
  const { secret, server, port } = newcomer;
  const place = planned?.plan.placements.get(secret.key.reveal());
  const link = planned && linkOf(planned, { secret });
  return {
    username: name,
    renamedFrom: newcomer.name === undefined || newcomer.name === name ? null : shown(newcomer.name),
    present: present !== undefined,
    mode: secret.mode,
    domain: domainOf(secret) ?? null,
    secret: maskSecret(secret),
    enabled: isEnabled(ctx, newcomer),
    expiresAt: newcomer.expiresAt ?? null,
    shardId: place?.shardId ?? null,
    port: link?.port ?? null,
    formerServer: server ?? null,
    formerPort: port ?? null,
    link: fateOf(newcomer, link),
    reason: newcomer.otherLink ?? null,
  };
}

/** A server that the file does not name is taken to be the same one: that is why people import. */
function fateOf(
  { server, port, otherLink }: FoundSecret,
  link: { readonly server: string; readonly port: number } | undefined,
): LinkFate {
  if (otherLink !== undefined) return "other";
  if (link === undefined) return "unknown";
  if (server !== undefined && server !== link.server) return "server";
  if (port === undefined) return "unknown";
  return port === link.port ? "same" : "port";
}

function toldSettings({ port, workers, publicHost, tag }: FoundSettings, { state }: PlannedState): ToldSetting[] {
  const { settings, promotedChannel } = state;
  const hereTag = promotedChannel?.enabled === true ? promotedChannel.proxyTag : null;
  const all: (ToldSetting | undefined)[] = [
    port === undefined ? undefined : told("port", port, settings.port, `mtproxy set-port ${port}`),
    workers === undefined ? undefined : told("workers", workers, settings.workers, `mtproxy set-workers ${workers}`),
    publicHost === undefined || !isHost(publicHost)
      ? undefined
      : told("public_host", publicHost, settings.publicHost, `mtproxy set-host ${publicHost}`),
    tag === undefined ? undefined : told("tag", tag, hereTag, `mtproxy set-promoted-channel ${tag}`),
  ];
  return all.filter((setting) => setting !== undefined).filter(({ there, here }) => there !== here);
}

/** It becomes part of a command that people type. */
function isHost(text: string): boolean {
  try {
    return parsePublicHost(text) === text;
  } catch {
    return false;
  }
}

function told(
  name: ToldSetting["name"],
  there: string | number,
  here: string | number | null,
  command: string,
): ToldSetting {
  return { name, there: String(there), here: here === null ? null : String(here), command };
}
