import { join } from "node:path";
import type { Context } from "../../context.ts";
import type { Locks } from "../../ports.ts";
import { createMemoryFiles, type MemoryFiles } from "../../state/memory-files.ts";
import { homePaths } from "../../state/paths.ts";
import { nameInHome, stateFiles } from "../../state/state-files.ts";
import { createStores } from "../../state/stores.ts";

/** A home that is tried out before it becomes one: its files are in memory, everything else of the machine is the real one. */
export interface StagedHome {
  readonly ctx: Context;
  readonly files: MemoryFiles;
}

/** Nobody else can come to what is in this process's memory. */
const noLocks: Locks = { withLock: (_, work) => work(), holderOf: async () => undefined };

/**
 * @param name how errors name the home, for instance the path of the backup that it comes from
 * @param contents by path relative to the home
 */
export function stageHome(ctx: Context, name: string, contents: ReadonlyMap<string, Uint8Array>): StagedHome {
  const paths = homePaths(name);
  const files = createMemoryFiles(new Map([...contents].map(([path, data]) => [join(paths.home, path), data])));
  const { clock, random } = ctx;
  const stores = createStores({ paths, files, locks: noLocks, clock, random });
  return { ctx: { ...ctx, paths, files, locks: noLocks, stores }, files };
}

/** The home's own files, staged as they stand now. */
export async function stagePresent(ctx: Context): Promise<StagedHome> {
  return stageHome(ctx, ctx.paths.home, await readStateFiles(ctx));
}

/** Every file of the home that is there, by path relative to it. */
export async function readStateFiles(ctx: Context): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  for (const path of stateFiles(ctx.paths)) {
    const data = await ctx.files.read(path);
    if (data !== undefined) found.set(nameInHome(ctx.paths, path), data);
  }
  return found;
}
