import { dirname } from "node:path";
import type { HostContext } from "../../context.ts";
import type { HostEntry, HostPart } from "../../domain/host-record.ts";
import { type HostFile, isOurFile } from "../../render/host-files.ts";
import { entriesOf, forgetEntry, noteEntry } from "./host-context.ts";

const MODE = 0o644;

/**
 * Writes the files of a part; those of it that are not wanted any more go. A file that somebody else wrote stays as it is.
 * @returns system paths of what is ours there now
 */
export async function putHostFiles(ctx: HostContext, part: HostPart, files: readonly HostFile[]): Promise<string[]> {
  const paths = new Set(files.map(({ path }) => path));
  for (const entry of await entriesOf(ctx, part))
    if (entry.kind === "file" && !paths.has(entry.what)) await removeHostFile(ctx, entry);
  const ours: string[] = [];
  for (const file of files) if (await putHostFile(ctx, part, file)) ours.push(file.path);
  return ours;
}

async function putHostFile(ctx: HostContext, part: HostPart, { path, content }: HostFile): Promise<boolean> {
  const place = ctx.machine.at(path);
  if (!(await hasFolder(ctx, part, dirname(path)))) {
    ctx.progress.warn(`there is no folder ${dirname(path)} here, so ${path} is not written`);
    return false;
  }
  const present = await ctx.files.readText(place);
  if (present !== undefined && !isOurFile(present)) {
    ctx.progress.warn(`${path} is not ours: it is left as it is`);
    return false;
  }
  await noteEntry(ctx, { part, kind: "file", what: path });
  if (present !== content) await ctx.files.write(place, content, { mode: MODE, exactMode: true });
  return true;
}

/** A folder that is one level short of being there is made, and noted. */
async function hasFolder(ctx: HostContext, part: HostPart, path: string): Promise<boolean> {
  const { files, machine } = ctx;
  if ((await files.stat(machine.at(path))) !== undefined) return true;
  if (!MADE_FOLDERS.test(path) || (await files.stat(machine.at(dirname(path)))) === undefined) return false;
  await noteEntry(ctx, { part, kind: "folder", what: path });
  await files.makeFolder(machine.at(path), { mode: 0o755 });
  return true;
}

/** Others are there or not as their programs are. */
const MADE_FOLDERS = /^\/usr\/local\/share\/man\/man1$/;

/** One of ours in which somebody else put something stays. */
export async function removeHostFolder(ctx: HostContext, entry: HostEntry): Promise<void> {
  const place = ctx.machine.at(entry.what);
  if ((await ctx.files.list(place)).length === 0) await ctx.files.removeFolder(place);
  await forgetEntry(ctx, entry);
}

/** What somebody else put in its place meanwhile stays. */
export async function removeHostFile(ctx: HostContext, entry: HostEntry): Promise<void> {
  const place = ctx.machine.at(entry.what);
  const present = await ctx.files.readText(place);
  if (present !== undefined && !isOurFile(present)) ctx.progress.warn(`${entry.what} is not ours any more: it stays`);
  else if (present !== undefined) await ctx.files.remove(place);
  await forgetEntry(ctx, entry);
}
