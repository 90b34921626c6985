import { type FileHandle, open, readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { AppError } from "../domain/errors.ts";
import { followLinks, makeFolders, unless } from "./durable.ts";
import { errorCode } from "./file-errors.ts";
import { parseHolder, processesWithOpen } from "./lock-holder.ts";
import { FOLDER_MODE } from "./write-file.ts";

export interface LockRequest {
  readonly path: string;
  readonly purpose: string;
  readonly waitMs: number;
  /** Whether the file is ours to write the holder into; false for the lock of other programs. */
  readonly holder: boolean;
}

/** How often a waiter looks whether the holder changed. */
const LOOK_MS = 250;

/** Waits for the lock and gives the open file that holds it: closing that gives it back. */
export async function acquire(request: LockRequest): Promise<FileHandle> {
  for (;;) {
    const file = request.holder ? await openOurs(request.path) : await openTheirs(request.path);
    try {
      await waitFor(file, request);
      if (await isStillAt(file, request.path)) {
        if (request.holder) await nameHolder(file, request.purpose);
        return file;
      }
    } catch (error) {
      await file.close();
      throw error;
    }
    // Somebody removed the lock file while we waited: whoever comes next would lock another one.
    await file.close();
  }
}

export async function release(file: FileHandle, { holder }: LockRequest): Promise<void> {
  if (holder) await file.truncate(0).catch(() => {});
  await file.close();
}

/** The time to wait starts anew with every new holder: a queue that moves is no reason to give up. */
async function waitFor(file: FileHandle, request: LockRequest): Promise<void> {
  // Loaded by those who lock: a list does not.
  const { flock } = await import("./flock.ts");
  let deadline = performance.now() + request.waitMs;
  let seen = await holderText(request.path);
  const look = setInterval(async () => {
    const text = await holderText(request.path);
    if (text !== seen) deadline = performance.now() + request.waitMs;
    seen = text;
  }, LOOK_MS);
  try {
    while (!(await flock(file.fd, deadline - performance.now()))) {
      if (performance.now() >= deadline) throw await taken(request);
    }
  } finally {
    clearInterval(look);
  }
}

async function holderText(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}

/** Who wrote that they hold it, and lives. */
export async function holderOf(path: string): Promise<ReturnType<typeof parseHolder>> {
  return parseHolder(await holderText(path));
}

async function nameHolder(file: FileHandle, purpose: string): Promise<void> {
  const text = JSON.stringify({ pid: process.pid, purpose, since: new Date().toISOString() });
  await file.truncate(0);
  await file.write(`${text}\n`, 0);
}

async function taken({ path, holder }: LockRequest): Promise<AppError> {
  const named = holder ? await holderOf(path) : undefined;
  if (named !== undefined) {
    return new AppError("conflict", `"${named.purpose}" (pid ${named.pid}) holds ${path} since ${named.since}`, {
      hint: `wait until it has ended and try again; if it hangs, end it with: kill ${named.pid}`,
    });
  }
  const suspects = processesWithOpen(path);
  return new AppError("conflict", `${suspects.join(", ") || "another program"} holds the lock ${path}`, {
    hint: `wait until it has ended and try again; who has it shows: fuser -v ${path}`,
  });
}

async function isStillAt(file: FileHandle, path: string): Promise<boolean> {
  const [ours, there] = await Promise.all([file.stat(), stat(path).catch(unless("ENOENT"))]);
  return there !== undefined && there.dev === ours.dev && there.ino === ours.ino;
}

async function openOurs(path: string): Promise<FileHandle> {
  await makeFolders(dirname(path), FOLDER_MODE);
  return openOrCreate(path, "r+", 0o600);
}

/** Its mode and contents are not ours to change, and flock(2) asks for no right to write. A new one is made as a shell would. */
async function openTheirs(path: string): Promise<FileHandle> {
  try {
    return await openOrCreate(path, "r", 0o666);
  } catch (error) {
    throw errorCode(error) === "ENOENT" ? await noFolder(path, error) : error;
  }
}

/** Nor is the folder ours to make: it is the system's /var/lock, often a link to one that small containers leave out. */
async function noFolder(path: string, cause: unknown): Promise<AppError> {
  const folder = await followLinks(dirname(path));
  return new AppError("environment", `cannot lock ${path}: there is no folder ${folder}`, {
    hint: `mkdir -p ${folder}, or take a lock elsewhere: mtproxy setup --users-lock PATH`,
    cause,
  });
}

/**
 * O_CREAT only where nothing is: in a sticky folder such as /var/lock the kernel refuses it for files of other owners, to root
 * as well (fs.protected_regular in proc(5)).
 */
async function openOrCreate(path: string, flags: string, mode: number): Promise<FileHandle> {
  const existing = () => open(path, flags);
  const first = await existing().catch(unless("ENOENT"));
  return first ?? (await open(path, "wx+", mode).catch(unless("EEXIST"))) ?? existing();
}
