import { type FileHandle, mkdir, open, readlink, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { errorCode } from "./file-errors.ts";

/** Linux gives up after 40 links, too (path_resolution(7)). */
const MAX_LINKS = 40;

/** Where a path leads when it is a symbolic link, a dangling one included: a file is replaced there, the link stays. */
export async function followLinks(path: string): Promise<string> {
  let target = resolve(path);
  for (let count = 0; count <= MAX_LINKS; count++) {
    const next = await readlink(target).catch(unless("EINVAL", "ENOENT"));
    if (next === undefined) return target;
    target = resolve(dirname(target), next);
  }
  throw Object.assign(new Error(`too many symbolic links: ${path}`), { code: "ELOOP" });
}

/** For `.catch`: undefined for these error codes, every other error goes on. */
export function unless(...codes: string[]): (error: unknown) => undefined {
  return (error) => {
    if (!codes.includes(errorCode(error) ?? "")) throw error;
    return undefined;
  };
}

/**
 * Makes a folder and the missing ones above it, so that they outlive a power cut. An existing folder keeps its mode. One after the other:
 * where the system makes none (/proc), Node's recursive mkdir tries for ever.
 */
export async function makeFolders(path: string, mode: number): Promise<void> {
  const folder = resolve(path);
  const found = await stat(folder).catch(unless("ENOENT"));
  if (found?.isDirectory()) return;
  if (folder !== dirname(folder)) await makeFolders(dirname(folder), mode);
  if ((await makeFolder(folder, mode)) === "was there") return;
  await withFile(folder, "r", (it) => it.chmod(mode));
  await syncFolder(dirname(folder));
}

/** @throws EEXIST when something else than a folder is there */
async function makeFolder(path: string, mode: number): Promise<"made" | "was there"> {
  try {
    await mkdir(path, mode);
    return "made";
  } catch (error) {
    if (errorCode(error) === "EEXIST" && (await stat(path)).isDirectory()) return "was there";
    throw error;
  }
}

/** A rename, creation or removal is durable once its folder is. Some file systems know no fsync of a folder (EINVAL). */
export async function syncFolder(path: string): Promise<void> {
  await withFile(path, "r", (it) => it.sync().catch(unless("EINVAL", "ENOTSUP")));
}

export async function withFile<T>(path: string, flags: string, work: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, flags, 0o600);
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}
