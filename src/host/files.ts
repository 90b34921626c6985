import { chown, readdir, readFile, rm, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import type { FileStat, Files, FolderOptions, WriteOptions } from "../ports.ts";
import { isBindMounted } from "./bind-mounts.ts";
import { followLinks, makeFolders, syncFolder, unless } from "./durable.ts";
import { explaining } from "./file-errors.ts";
import { isCopyName, isTempName, sweepTempFiles } from "./temp-files.ts";
import { FOLDER_MODE, replaceFile } from "./write-file.ts";

/** The real file system. Leftovers of crashed writers are removed from a folder at the first write into it, and never listed. */
export function createFiles(): Files {
  const swept = new Set<string>();
  const sweepOnce = async (path: string): Promise<void> => {
    const folder = dirname(await followLinks(path));
    if (!swept.has(folder)) await sweepTempFiles(folder).catch(() => {});
    swept.add(folder);
  };
  const writing = (path: string, work: () => Promise<void>): Promise<void> =>
    explaining("write", path, () => sweepOnce(path).then(work));

  return {
    read,
    readText: async (path) => (await read(path))?.toString("utf8"),
    write: (path, data, options: WriteOptions = {}) => writing(path, () => replaceFile(path, data, options)),
    writeInPlace: (path, data) => writing(path, async () => (await inPlace()).replaceInPlace(path, data)),
    append: (path, line, bounds) =>
      explaining("write", path, async () => (await import("./append-line.ts")).appendLine(path, line, bounds)),
    recoverInPlace: (path) => explaining("restore", path, async () => (await inPlace()).finishInPlace(path)),
    remove: (path) => explaining("remove", path, () => removeEntry(path, unlink)),
    removeFolder: (path) => explaining("remove", path, () => removeEntry(path, (it) => rm(it, { recursive: true }))),
    list: (path) => explaining("list", path, () => listed(path)),
    stat: (path) => explaining("look at", path, () => statusOf(path)),
    mark: async (path) => (await import("./file-mark.ts")).markOf(path),
    makeFolder: (path, options = {}) => explaining("make the folder", path, () => makeOwnedFolder(path, options)),
    isBindMounted: async (path) => isBindMounted(path),
  };
}

/** Loaded by those who write: a list does not. */
function inPlace() {
  return import("./in-place.ts");
}

async function makeOwnedFolder(path: string, { mode = FOLDER_MODE, owner }: FolderOptions): Promise<void> {
  await makeFolders(path, mode);
  if (owner !== undefined) await chown(path, owner.uid, owner.gid).catch(unless("EPERM"));
}

function read(path: string): Promise<Buffer | undefined> {
  return explaining("read", path, () => readFile(path).catch(unless("ENOENT")));
}

async function removeEntry(path: string, remove: (path: string) => Promise<void>): Promise<void> {
  const removed = await remove(path).then(() => true, unless("ENOENT"));
  if (removed) await syncFolder(dirname(path));
}

async function listed(path: string): Promise<string[]> {
  const names = (await readdir(path).catch(unless("ENOENT"))) ?? [];
  return names.filter((name) => !isTempName(name) && !isCopyName(name)).sort();
}

async function statusOf(path: string): Promise<FileStat | undefined> {
  const status = await stat(path).catch(unless("ENOENT"));
  if (status === undefined) return undefined;
  const { mode, uid, gid, size } = status;
  return { mode: mode & 0o7777, uid, gid, size, ...(status.isDirectory() ? { isFolder: true } : {}) };
}
