import { isAbsolute, join, resolve } from "node:path";
import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { compareHomes, type HomeDifference, type HomeView } from "../../domain/home-difference.ts";
import { shown } from "../../domain/printable.ts";
import type { Settings } from "../../domain/settings.ts";
import { emptyBook, type ShardBook } from "../../domain/shard.ts";
import { isUserName } from "../../domain/user.ts";
import { readBackup } from "../../state/backup/backup.ts";
import { splitBackup } from "../../state/backup/header.ts";
import type { Backup } from "../../state/backup/payload.ts";
import { mergeUsers, type NamedText } from "../../state/merge-users.ts";
import { nameInHome, stateFiles, telegramFiles } from "../../state/state-files.ts";
import { parseUsers } from "../../state/users-parse.ts";
import { bringLive } from "../live/bring-live.ts";
import { planState } from "../live/plan-state.ts";
import type { Outcome } from "../outcome.ts";
import { removeClientFiles } from "../people/client-files.ts";
import { backUp } from "./back-up.ts";
import { mergeBooks } from "./merge-books.ts";
import { readStateFiles, type StagedHome, stageHome, stagePresent } from "./staged-home.ts";

export interface RestoreOptions {
  /** Path, or the name of a file in backups/. */
  readonly file: string;
  readonly passphrase: () => Promise<string>;
  /** Whether to go on, asked with everything known and nothing changed. */
  readonly confirm: (restored: RestoredBackup) => Promise<boolean>;
  /** Replace users.json by the saved one, people and fields of the VLESS stack included. */
  readonly wholeUsersFile?: boolean | undefined;
  /** Take no spare key from the backup: somebody may have got one since. */
  readonly newSpares?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
}

export interface RestoredBackup {
  readonly file: string;
  readonly createdAt: string;
  readonly reason: string;
  readonly difference: HomeDifference;
  /** Why the present home could not be compared. */
  readonly unreadable: string | null;
  /** Files that change, relative to the home. */
  readonly files: readonly string[];
  readonly restored: boolean;
  /** Where the home before is saved; null where there was none, or nothing was restored. */
  readonly before: string | null;
}

/**
 * Takes a home back to what a backup says. First the backup becomes a home that exists in memory only: every file of it is read,
 * validated and planned there. Then people are asked, what is there now is saved, the files are swapped one by one, each atomically,
 * and the result is brought live. Cut off in the middle it can be run again.
 * @returns failure when the files are restored but not live
 * @throws AppError invalid for a backup that is damaged, encrypted otherwise or from a newer mtproxy; nothing is changed then
 */
export async function restoreBackup(ctx: Context, options: RestoreOptions): Promise<Outcome<RestoredBackup>> {
  const { path, backup } = await openBackup(ctx, options);
  const target = await stageTarget(ctx, path, backup, options);
  const after = await viewOf(target.ctx);
  const { before, unreadable } = await presentView(ctx);
  const changes = await changedFiles(ctx, target);
  const { createdAt, reason } = backup;
  const files = changes.map(({ name }) => name);
  const difference = compareHomes(before, after);
  const data = { file: path, createdAt, reason, difference, unreadable, files, restored: false, before: null };
  const warnings = [
    ...(await addressWarnings(ctx, after.settings)),
    ...(await spareWarnings(ctx, target, backup, options)),
  ];
  if (options.dryRun === true || !(await options.confirm(data))) return { data, warnings };
  return { ...(await carryOut(ctx, data, before?.settings)), warnings };

  async function carryOut(
    live: Context,
    told: RestoredBackup,
    settings: Settings | undefined,
  ): Promise<Outcome<RestoredBackup>> {
    live.putOffInterrupts();
    const saved = await backUp(live, "before restore");
    if (saved !== undefined) live.progress.step(`what was here is saved in ${saved.path}`);
    await swapHome(live, settings ?? after.settings, async () =>
      // The VLESS stack may have changed users.json while people were thinking.
      changedFiles(live, await stageTarget(live, path, backup, options)),
    );
    for (const name of told.difference.goes.filter(isUserName)) await removeClientFiles(live, name);
    const done = { ...told, restored: true, before: saved?.path ?? null };
    const { failure } = await bringLive(live, otherwise(told.difference), {
      whileStopped: "the backup is restored and takes effect when the proxy starts",
    });
    return failure === undefined ? { data: done } : { data: done, failure };
  }
}

function otherwise({ goes }: HomeDifference): string {
  const still = goes.length === 0 ? "" : `; ${goes.join(", ")} STILL HAVE ACCESS until it is`;
  return `the backup is restored, but not live${still}`;
}

async function openBackup(ctx: Context, options: RestoreOptions): Promise<{ path: string; backup: Backup }> {
  const { path, content } = await findBackup(ctx, options.file);
  const backup = await readBackup(splitBackup(content, path), path, options.passphrase);
  const known = new Set(stateFiles(ctx.paths).map((file) => nameInHome(ctx.paths, file)));
  const strange = backup.files.find(({ path: name }) => !known.has(name));
  if (strange === undefined) return { path, backup };
  throw new AppError("invalid", `${path} holds a file that is unknown here: ${strange.path}`, {
    hint: "nothing was changed; install the mtproxy that made it, or a newer one",
  });
}

async function findBackup(ctx: Context, file: string): Promise<{ path: string; content: Uint8Array }> {
  const places = isAbsolute(file) ? [file] : [resolve(file), join(ctx.paths.backups, file)];
  for (const path of places) {
    const content = await ctx.files.read(path);
    if (content !== undefined) return { path, content };
  }
  throw new AppError("not-found", `there is no file ${places.map((place) => shown(place, 200)).join(" and no ")}`, {
    hint: "mtproxy backup list shows the backups of this home",
  });
}

type TargetOptions = Pick<RestoreOptions, "wholeUsersFile" | "newSpares">;

/** The home that the restored files make, together with what stays of the present one. */
async function stageTarget(ctx: Context, path: string, backup: Backup, options: TargetOptions): Promise<StagedHome> {
  const saved = new Map(backup.files.map((file) => [file.path, file.content]));
  const present = await readStateFiles(ctx);
  const contents = withPresentTelegram(ctx, saved, present);
  const home = stageHome(ctx, path, contents);
  const name = nameInHome(ctx.paths, ctx.paths.users);
  const [then, now] = [saved.get(name), present.get(name)];
  if (now !== undefined && options.wholeUsersFile !== true) {
    const users = { text: Buffer.from(then ?? '{"users": []}').toString("utf8"), path: home.ctx.paths.users };
    const merged = mergeUsers(presentUsers(ctx, now), users);
    await home.files.write(home.ctx.paths.users, merged);
  }
  await keepRevocations(ctx, home, options.newSpares === true);
  return home;
}

/** @throws AppError invalid where it cannot be read: what others keep there cannot be kept then */
function presentUsers({ paths: { users: path } }: Context, content: Uint8Array): NamedText {
  const text = Buffer.from(content).toString("utf8");
  try {
    parseUsers(text, path);
    return { text, path };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const hint = "correct it by hand, or let the saved one take its place: --whole-users-file; nothing was changed";
    throw new AppError(error.kind, error.message, { hint });
  }
}

/** Telegram's files are nobody's choice, and those in use are hardly older than saved ones. */
function withPresentTelegram(
  ctx: Context,
  saved: ReadonlyMap<string, Uint8Array>,
  present: ReadonlyMap<string, Uint8Array>,
) {
  const { proxySecret, proxyMultiConf } = ctx.paths;
  const isThere = [proxySecret, proxyMultiConf].every((path) => present.has(nameInHome(ctx.paths, path)));
  if (!isThere) return saved;
  const telegrams = new Set(telegramFiles(ctx.paths).map((path) => nameInHome(ctx.paths, path)));
  const others = [...saved].filter(([name]) => !telegrams.has(name));
  return new Map([...others, ...[...present].filter(([name]) => telegrams.has(name))]);
}

/** What happened since the backup was made must not be forgotten: who was cut off, who has which key, which ports links name. */
async function keepRevocations(ctx: Context, home: StagedHome, newSpares: boolean): Promise<void> {
  const isEmpty = (await ctx.files.stat(ctx.paths.shards)) === undefined;
  if (isEmpty && !newSpares) return;
  const present = isEmpty ? emptyBook("") : await presentBook(ctx);
  const [{ users }, shared] = await Promise.all([home.ctx.stores.users.read(), home.ctx.stores.sharedSecrets.read()]);
  await home.ctx.stores.shards.update((book) => mergeBooks(book, present, { users, sharedSecrets: shared, newSpares }));
}

/** A book that nobody can read says nothing of any key, so none is taken to be spare. */
async function presentBook(ctx: Context): Promise<ShardBook> {
  try {
    return await ctx.stores.shards.read();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return emptyBook("");
  }
}

/** Reads everything: what does not validate stops here. */
async function viewOf(ctx: Context): Promise<HomeView> {
  const [{ state, plan }] = await Promise.all([
    planState(ctx),
    ctx.stores.telegram.read(),
    ctx.stores.telegramRecord.read(),
  ]);
  return { ...state, placements: plan.placements };
}

async function presentView(ctx: Context): Promise<{ before: HomeView | undefined; unreadable: string | null }> {
  try {
    return { before: await viewOf((await stagePresent(ctx)).ctx), unreadable: null };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const isEmpty = (await ctx.files.stat(ctx.paths.settings)) === undefined;
    return { before: undefined, unreadable: isEmpty ? null : error.message };
  }
}

interface FileChange {
  /** Relative to the home. */
  readonly name: string;
  readonly path: string;
  /** Undefined for a file that goes. */
  readonly content: Uint8Array | undefined;
}

async function changedFiles(ctx: Context, target: StagedHome): Promise<FileChange[]> {
  const changes: FileChange[] = [];
  for (const path of stateFiles(ctx.paths)) {
    const name = nameInHome(ctx.paths, path);
    const content = target.files.contents.get(join(target.ctx.paths.home, name));
    const now = await ctx.files.read(path);
    const isSame = content === undefined ? now === undefined : now !== undefined && Buffer.compare(now, content) === 0;
    if (!isSame) changes.push({ name, path, content });
  }
  return changes;
}

/** While nothing else of ours reads, decides or applies, and the VLESS stack writes nobody. */
function swapHome(ctx: Context, settings: Settings, decide: () => Promise<FileChange[]>): Promise<void> {
  const { locks, stores, files, paths } = ctx;
  const swap = async () => {
    await files.recoverInPlace(paths.users);
    for (const change of await decide()) await swapFile(ctx, change, settings);
  };
  const underUsersLock = () => locks.withLock(settings.usersLock, swap, { holder: false });
  const underStateLock = () => stores.exclusively("restoring a backup", underUsersLock);
  return locks.withLock(join(paths.run, "apply.lock"), underStateLock, { purpose: "restoring a backup" });
}

async function swapFile({ files, paths }: Context, { path, content }: FileChange, settings: Settings): Promise<void> {
  if (content === undefined) return files.remove(path);
  if (path !== paths.users) return files.write(path, content, { mode: 0o600, exactMode: true });
  const { usersWrite } = settings;
  const inPlace = usersWrite === "in-place" || (usersWrite === "auto" && (await files.isBindMounted(path)));
  return inPlace ? files.writeInPlace(path, content) : files.write(path, content, { mode: 0o600, exactMode: true });
}

/** A home that comes to another machine says the address of the old one. */
async function addressWarnings(ctx: Context, settings: Settings): Promise<string[]> {
  const { engine, egressIpv4, publicHost } = settings;
  if (engine === "trial" || egressIpv4 === undefined) return [];
  const here = await ctx.host.addresses();
  if (here.length === 0 || here.includes(egressIpv4)) return [];
  return [
    `the backup says that Telegram sees this server as ${egressIpv4}, which is none of its addresses (${here.join(", ")}); on another server than before: mtproxy setup --public-host ${publicHost} --egress-ipv4 ${here[0]}`,
  ];
}

/** A home that was lost cannot tell who got which of the keys that were spare then. */
async function spareWarnings(
  ctx: Context,
  { ctx: target }: StagedHome,
  { createdAt }: Backup,
  { newSpares }: TargetOptions,
): Promise<string[]> {
  if (newSpares === true || (await ctx.files.stat(ctx.paths.shards)) !== undefined) return [];
  const { shards } = await target.stores.shards.read();
  if (!shards.some(({ slots }) => slots.some(({ holder }) => holder === undefined))) return [];
  return [
    `whoever got a link after ${createdAt} may get in with it, although no list names them; --new-spares shuts them out`,
  ];
}
