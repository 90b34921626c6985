import { type FileHandle, rename, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import type { WriteOptions } from "../ports.ts";
import { followLinks, makeFolders, syncFolder, unless, withFile } from "./durable.ts";
import { tempName } from "./temp-files.ts";

export const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
const PERMISSIONS = 0o7777;

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Temp file with the final mode and owner in the same folder → fsync → rename → fsync of the folder. */
export async function replaceFile(path: string, data: Uint8Array | string, options: WriteOptions): Promise<void> {
  const target = await followLinks(path);
  await makeFolders(dirname(target), FOLDER_MODE);
  const old = await stat(target).catch(unless("ENOENT"));
  const mode = old !== undefined && !options.exactMode ? old.mode & PERMISSIONS : (options.mode ?? FILE_MODE);
  const temp = tempName(target);
  try {
    await withFile(temp, "wx", (file) => fill(file, data, mode, options.owner ?? old));
    await rename(temp, target);
  } catch (error) {
    await unlink(temp).catch(() => {});
    throw error;
  }
  await syncFolder(dirname(target));
}

/** Mode and owner come before the contents: at no instant may others read what they may not read at the end. */
async function fill(file: FileHandle, data: Uint8Array | string, mode: number, owner: Owner | undefined) {
  if (owner !== undefined) await giveTo(file, owner);
  await file.chmod(mode);
  await file.writeFile(data);
  await file.sync();
}

async function giveTo(file: FileHandle, owner: Owner): Promise<void> {
  const { uid, gid } = await file.stat();
  if (uid !== owner.uid || gid !== owner.gid) await file.chown(owner.uid, owner.gid).catch(unless("EPERM"));
}
