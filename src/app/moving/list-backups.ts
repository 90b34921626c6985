import { join } from "node:path";
import type { Context } from "../../context.ts";
import { AppError } from "../../domain/errors.ts";
import { splitBackup } from "../../state/backup/header.ts";
import type { Outcome } from "../outcome.ts";

/** What the names of backups end with. */
export const BACKUP_END = ".backup";

/** A file in backups/; what its header says is null where that cannot be read. */
export interface ListedBackup {
  readonly name: string;
  readonly path: string;
  readonly createdAt: string | null;
  readonly reason: string | null;
  readonly automatic: boolean | null;
  readonly encrypted: boolean | null;
  readonly bytes: number;
  /** Why it cannot be restored. */
  readonly fault: string | null;
}

export interface BackupList {
  readonly folder: string;
  /** Newest first; those that cannot be read come last. */
  readonly backups: readonly ListedBackup[];
}

/** Looks at every backup of the home; no passphrase is needed for that. */
export async function listBackups(ctx: Context): Promise<Outcome<BackupList>> {
  const folder = ctx.paths.backups;
  const names = (await ctx.files.list(folder)).filter((name) => name.endsWith(BACKUP_END));
  const backups: ListedBackup[] = [];
  for (const name of names) backups.push(await look(ctx, name));
  backups.sort((a, b) => ageOrder(b, a));
  return { data: { folder, backups } };
}

async function look(ctx: Context, name: string): Promise<ListedBackup> {
  const path = join(ctx.paths.backups, name);
  const unknown = { name, path, createdAt: null, reason: null, automatic: null, encrypted: null };
  let bytes = 0;
  try {
    const content = (await ctx.files.read(path)) ?? new Uint8Array();
    bytes = content.length;
    const { createdAt, reason, automatic, encryption } = splitBackup(content, path).header;
    return { name, path, createdAt, reason, automatic, encrypted: encryption !== undefined, bytes, fault: null };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { ...unknown, bytes, fault: error.message };
  }
}

/** Made in the same instant, the longer name is the later one. */
function ageOrder(a: ListedBackup, b: ListedBackup): number {
  const [left, right] = [a.createdAt ?? "", b.createdAt ?? ""];
  if (left !== right) return left < right ? -1 : 1;
  return a.name.length - b.name.length || (a.name < b.name ? -1 : 1);
}
