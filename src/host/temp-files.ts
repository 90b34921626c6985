import { readlinkSync } from "node:fs";
import { readdir, stat, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errorCode } from "./file-errors.ts";

/** `.users.json.4026531836-4711-k3j2h1g0.ftmp`: file, PID namespace and process of the writer, something random. */
const TEMP_NAME = /^\..+\.(\d+)-(\d+)-[0-9a-z]+\.ftmp$/;

/** `.users.json.0123456789abcdef.in-place`: what a file becomes whose contents are being replaced. */
const COPY_NAME = /^\..+\.[0-9a-f]{16}\.in-place$/;

/** No write takes this long: what is older was left by a crash, whoever has its process id now. */
const STALE_MS = 3_600_000;

export function isTempName(name: string): boolean {
  return TEMP_NAME.test(name);
}

export function isCopyName(name: string): boolean {
  return COPY_NAME.test(name);
}

/** A new name beside `path` that says whose it is. */
export function tempName(path: string): string {
  const random = Math.random().toString(36).slice(2, 12) || "0";
  return join(dirname(path), `.${basename(path)}.${pidNamespace()}-${process.pid}-${random}.ftmp`);
}

/** Removes the temp files that crashed writers left in a folder; those of living ones stay. */
export async function sweepTempFiles(folder: string): Promise<void> {
  for (const name of (await readdir(folder)).filter(isTempName)) {
    const path = join(folder, name);
    if (await isStale(path, name)) await unlink(path).catch(() => {});
  }
}

async function isStale(path: string, name: string): Promise<boolean> {
  const [, namespace, pid] = TEMP_NAME.exec(name) ?? [];
  if (namespace === pidNamespace() && !isAlive(Number(pid))) return true;
  const status = await stat(path).catch(() => undefined);
  return status !== undefined && Date.now() - status.mtimeMs > STALE_MS;
}

/** Whether a process of our own PID namespace exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) !== "ESRCH";
  }
}

/** Number of our PID namespace: a process id of a container means nothing to us. */
function pidNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid").replace(/\D/g, "");
  } catch {
    return "0";
  }
}
