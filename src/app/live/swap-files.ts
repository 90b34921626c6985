import { dirname, join } from "node:path";
import type { Context } from "../../context.ts";
import type { Deployment } from "../../domain/deployment.ts";
import { wordsOf } from "../../domain/errors.ts";
import type { RenderedFile } from "../../render/rendered-file.ts";

/** Rendered files that were written, and the way back. */
export interface SwappedFiles {
  /** Puts every file back as it was before, each that can be. Gives what could not be put back. */
  restore(): Promise<string[]>;
  /** Ends what only the way back needed: folders of shards that are gone. */
  settle(): Promise<void>;
}

interface Change {
  readonly path: string;
  readonly before: Uint8Array | undefined;
}

/**
 * Writes the rendered files that differ from what is there; those that containers read belong to the containers' user. When one
 * cannot be written the others are as before.
 */
export async function swapFiles(
  ctx: Context,
  files: readonly RenderedFile[],
  user: Deployment["containerUser"],
): Promise<SwappedFiles> {
  const changes: Change[] = [];
  try {
    for (const file of files) {
      const change = await swap(ctx, file, user);
      if (change !== undefined) changes.push(change);
    }
  } catch (error) {
    for (const trouble of await restore(ctx, changes)) ctx.progress.warn(trouble);
    throw error;
  }
  return { restore: () => restore(ctx, changes), settle: () => removeStaleFolders(ctx, files) };
}

async function restore(ctx: Context, changes: readonly Change[]): Promise<string[]> {
  const troubles: string[] = [];
  for (const { path, before } of changes) {
    try {
      await (before === undefined ? ctx.files.remove(path) : ctx.files.write(path, before));
    } catch (error) {
      troubles.push(`${path} could not be put back: ${wordsOf(error)}`);
    }
  }
  return troubles;
}

async function swap(ctx: Context, file: RenderedFile, user: Deployment["containerUser"]): Promise<Change | undefined> {
  const path = join(ctx.paths.rendered, file.path);
  if (file.forContainer) await ctx.files.makeFolder(dirname(path), { owner: user });
  const before = await ctx.files.read(path);
  const isSame = before !== undefined && Buffer.compare(before, Buffer.from(file.content)) === 0;
  if (isSame && (await isRightlyOwned(ctx, path, file, user))) return undefined;
  await ctx.files.write(path, file.content, {
    mode: file.mode,
    exactMode: true,
    ...(file.forContainer ? { owner: user } : {}),
  });
  return { path, before };
}

/** A wrong mode shows a key, a wrong owner keeps a container from starting: both are mended like wrong contents. */
async function isRightlyOwned(
  ctx: Context,
  path: string,
  file: RenderedFile,
  user: Deployment["containerUser"],
): Promise<boolean> {
  const status = await ctx.files.stat(path);
  const isTheirs = !file.forContainer || ctx.host.uid !== 0 || status?.uid === user.uid;
  return status?.mode === file.mode && isTheirs;
}

/** A shard that is gone leaves no keys behind. */
async function removeStaleFolders(ctx: Context, files: readonly RenderedFile[]): Promise<void> {
  const kept = new Set(files.map(({ path }) => dirname(path).split("/")[0]));
  for (const name of await ctx.files.list(ctx.paths.rendered)) {
    if (name.startsWith("familytraffic-mtproxy") && !kept.has(name))
      await ctx.files.removeFolder(join(ctx.paths.rendered, name));
  }
}
