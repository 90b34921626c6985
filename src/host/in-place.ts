import { type FileHandle, open, readdir, readFile, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { AppError } from "../domain/errors.ts";
import { followLinks, syncFolder, unless, withFile } from "./durable.ts";
import { isCopyName } from "./temp-files.ts";
import { replaceFile } from "./write-file.ts";

const COPY_MODE = 0o600;

/**
 * Replaces the contents of a file and keeps its inode, as a container that has the file itself mounted needs it. First the
 * new contents are made durable in a copy beside the file, whose name says what they replace; from it `finishInPlace` goes on
 * after a crash. The file is emptied before it is filled: half a JSON text never parses, a mixture of two might.
 */
export async function replaceInPlace(path: string, data: Uint8Array | string): Promise<void> {
  const target = await followLinks(path);
  const file = await open(target, "r+").catch(unless("ENOENT"));
  if (file === undefined) return replaceFile(target, data, {});
  try {
    for (const leftover of await copiesOf(target)) await setAside(leftover, target);
    await overwrite(file, target, Buffer.from(data));
  } finally {
    await file.close();
  }
}

/** @returns whether there was a cut-off write; its file is as before or as it should have become then */
export async function finishInPlace(path: string): Promise<boolean> {
  const target = await followLinks(path);
  const copies = await copiesOf(target);
  for (const copy of copies) await finish(target, copy);
  return copies.length > 0;
}

async function finish(target: string, copy: string): Promise<void> {
  const intended = await readFile(copy);
  const current = await readFile(target).catch(unless("ENOENT"));
  if (current === undefined) await replaceFile(target, intended, {});
  else if (isCutOff(current, intended)) await withFile(target, "r+", (file) => fill(file, intended));
  else if (copy !== copyName(target, await digest(current))) return setAside(copy, target);
  await removeCopy(copy);
}

/** What a cut-off write leaves: a beginning of the intended bytes, after a power cut with zeros where blocks got lost. */
function isCutOff(current: Uint8Array, intended: Uint8Array): boolean {
  return current.length <= intended.length && current.every((byte, at) => byte === 0 || byte === intended[at]);
}

async function overwrite(file: FileHandle, target: string, data: Uint8Array): Promise<void> {
  const old = await file.readFile();
  const copy = copyName(target, await digest(old));
  await replaceFile(copy, data, { mode: COPY_MODE, owner: await file.stat() });
  try {
    await fill(file, data);
  } catch (error) {
    await restore(file, old, target, copy);
    await removeCopy(copy);
    throw error;
  }
  await removeCopy(copy);
}

/** The disk got full half-way: the old contents fit, their blocks were freed just now. */
async function restore(file: FileHandle, old: Uint8Array, target: string, copy: string): Promise<void> {
  await fill(file, old).catch((cause: unknown) => {
    throw new AppError("environment", `${target} was cut off while it was written, and could not be restored`, {
      hint: `free some disk space; the next command that writes restores it from ${copy}`,
      cause,
    });
  });
}

async function fill(file: FileHandle, data: Uint8Array): Promise<void> {
  await file.truncate(0);
  for (let at = 0; at < data.length; ) at += (await file.write(data, at, data.length - at, at)).bytesWritten;
  await file.sync();
}

/** Somebody wrote the file since: their contents stand, ours stay readable under a name that nothing here reads. */
async function setAside(copy: string, target: string): Promise<void> {
  await rename(copy, `${target}.cut-off-${new Date().toISOString().replace(/[:.]/g, "-")}`);
  await syncFolder(dirname(target));
}

async function removeCopy(copy: string): Promise<void> {
  await unlink(copy);
  await syncFolder(dirname(copy));
}

async function copiesOf(target: string): Promise<string[]> {
  const names = (await readdir(dirname(target)).catch(unless("ENOENT"))) ?? [];
  const prefix = `.${basename(target)}.`;
  const isOurs = (name: string) => isCopyName(name) && name.startsWith(prefix) && name.length === prefix.length + 25;
  return names.filter(isOurs).map((name) => join(dirname(target), name));
}

function copyName(target: string, digestOfOld: string): string {
  return join(dirname(target), `.${basename(target)}.${digestOfOld}.in-place`);
}

/** Loaded when needed: most commands never write in place. */
async function digest(data: Uint8Array): Promise<string> {
  const { createHash } = await import("node:crypto");
  return createHash("sha256").update(data).digest("hex").slice(0, 16);
}
