import { join, resolve } from "node:path";
import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { defaultSettings } from "../../domain/settings.ts";
import { writeBackup } from "../../state/backup/backup.ts";
import type { SavedFile } from "../../state/backup/payload.ts";
import { nameInHome, stateFiles } from "../../state/state-files.ts";
import { loadState } from "../load-state.ts";
import type { Outcome } from "../outcome.ts";
import { BACKUP_END, listBackups } from "./list-backups.ts";

export interface BackupOptions {
  /** Made by the product itself or by cron: what `--keep` may remove. */
  readonly automatic: boolean;
  /** Another place than the home's backups/. */
  readonly output?: string | undefined;
  readonly passphrase?: string | undefined;
}

export interface MadeBackup {
  readonly path: string;
  readonly createdAt: string;
  readonly reason: string;
  readonly automatic: boolean;
  readonly encrypted: boolean;
  readonly bytes: number;
  /** Relative to the home. */
  readonly files: readonly string[];
}

/**
 * Saves everything that the home remembers in one file (0600), as it stands, so that a home with a broken file can be saved too.
 * Other commands call it before they change what cannot be made anew.
 * @param reason a few words for `backup list`
 * @returns undefined where there is nothing to save
 * @throws AppError conflict when the output exists
 */
export async function backUp(
  ctx: Context,
  reason: string,
  { automatic, output, passphrase }: BackupOptions = { automatic: true },
): Promise<MadeBackup | undefined> {
  return exclusively(ctx, async () => {
    const files = await savedFiles(ctx);
    if (files.length === 0) return undefined;
    const createdAt = ctx.clock.now().toISOString();
    const path = output === undefined ? await freeName(ctx, createdAt) : resolve(output);
    if ((await ctx.files.stat(path)) !== undefined) throw taken(path);
    const data = await writeBackup({ createdAt, reason, automatic, files }, passphrase);
    await ctx.files.write(path, data, { mode: 0o600, exactMode: true });
    return {
      path,
      createdAt,
      reason,
      automatic,
      encrypted: passphrase !== undefined,
      bytes: data.length,
      files: files.map(({ path: name }) => name),
    };
  });
}

export interface CreateBackupOptions {
  readonly output?: string | undefined;
  /** Asked for when it is there. */
  readonly passphrase?: (() => Promise<string>) | undefined;
  readonly automatic?: boolean | undefined;
  readonly reason?: string | undefined;
  /** Automatic ones that stay. */
  readonly keep?: number | undefined;
  readonly dryRun?: boolean | undefined;
}

export interface CreatedBackup extends Omit<MadeBackup, "path"> {
  /** Null where it was not made. */
  readonly path: string | null;
  /** Automatic backups that were removed because newer ones are enough. */
  readonly pruned: readonly string[];
}

/** @throws AppError not-found where the home has nothing to save */
export async function createBackup(ctx: Context, options: CreateBackupOptions): Promise<Outcome<CreatedBackup>> {
  const { output, automatic = false, reason = automatic ? "by the clock" : "asked for", keep } = options;
  if (options.dryRun === true) return { data: await previewBackup(ctx, { automatic, reason, keep, output }) };
  const passphrase = await options.passphrase?.();
  const made = await backUp(ctx, shortReason(reason), { automatic, output, passphrase });
  if (made === undefined) throw nothingHere(ctx);
  const pruned = keep === undefined ? [] : await surplus(ctx, keep);
  for (const path of pruned) await ctx.files.remove(path);
  return { data: { ...made, pruned }, warnings: await troublesOf(ctx) };
}

async function previewBackup(
  ctx: Context,
  {
    automatic,
    reason,
    keep,
    output,
  }: { automatic: boolean; reason: string; keep?: number | undefined; output?: string | undefined },
): Promise<CreatedBackup> {
  const files = await savedFiles(ctx);
  if (files.length === 0) throw nothingHere(ctx);
  const bytes = files.reduce((sum, { content }) => sum + content.length, 0);
  const pruned = keep === undefined ? [] : await surplus(ctx, automatic && output === undefined ? keep - 1 : keep);
  const names = files.map(({ path }) => path);
  return {
    path: null,
    createdAt: ctx.clock.now().toISOString(),
    reason,
    automatic,
    encrypted: false,
    bytes,
    files: names,
    pruned,
  };
}

/** Automatic backups beyond the newest so many; those that somebody asked for are nobody's to remove. */
async function surplus(ctx: Context, keep: number): Promise<string[]> {
  const { backups } = (await listBackups(ctx)).data;
  const automatic = backups.filter((backup) => backup.automatic === true);
  return automatic.slice(Math.max(0, keep)).map(({ path }) => path);
}

/** A backup of a home that no command can read is better than none, and worth knowing of. */
async function troublesOf(ctx: Context): Promise<string[]> {
  try {
    await loadState(ctx);
    return [];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return [`the backup is made, but it cannot be restored as it is: ${error.message}`];
  }
}

async function savedFiles(ctx: Context): Promise<SavedFile[]> {
  const files: SavedFile[] = [];
  for (const path of stateFiles(ctx.paths)) {
    const content = await ctx.files.read(path);
    if (content === undefined) continue;
    const mode = (await ctx.files.stat(path))?.mode ?? 0o600;
    files.push({ path: nameInHome(ctx.paths, path), mode, content });
  }
  return files;
}

/** Under the state lock and that of the VLESS stack: all files are of one moment. */
function exclusively<T>(ctx: Context, work: () => Promise<T>): Promise<T> {
  const { stores, locks, files, paths } = ctx;
  return stores.exclusively("making a backup", async () => {
    const { usersLock } = (await stores.settings.read().catch(() => undefined)) ?? defaultSettings;
    if ((await files.stat(paths.users)) === undefined) return work();
    return locks.withLock(
      usersLock,
      async () => {
        await files.recoverInPlace(paths.users);
        return work();
      },
      { holder: false },
    );
  });
}

/** `backups/mtproxy-20261121T120000Z.backup`, numbered where one was made in the same second. */
async function freeName(ctx: Context, createdAt: string): Promise<string> {
  const stem = join(ctx.paths.backups, `mtproxy-${createdAt.slice(0, 19).replace(/[-:]/g, "")}Z`);
  for (let count = 1; ; count++) {
    const path = `${stem}${count === 1 ? "" : `-${count}`}${BACKUP_END}`;
    if ((await ctx.files.stat(path)) === undefined) return path;
  }
}

function shortReason(text: string): string {
  const reason = text.trim();
  if (reason !== "" && reason.length <= 100 && !/\p{C}/u.test(reason)) return reason;
  throw new AppError("invalid", "a reason has 1 to 100 characters on one line");
}

function taken(path: string): AppError {
  return new AppError("conflict", `${path} is there already`, { hint: "name another file: --output FILE" });
}

function nothingHere(ctx: Context): AppError {
  return new AppError("not-found", `there is nothing to save in ${ctx.paths.home}`, {
    hint: "--home DIR names another home; mtproxy setup makes one",
  });
}
