import { AppError, AS_ROOT } from "../domain/errors.ts";

/** What to do about an error number of the kernel (errno(3)). */
const hints: Readonly<Record<string, string>> = {
  ENOSPC: "free some disk space (df -h shows where), then run the command again",
  EDQUOT: "the disk quota is used up: free some space, then run the command again",
  EACCES: `${AS_ROOT} or as the owner of the folder; --home DIR takes another home`,
  EPERM: `${AS_ROOT}; an immutable file (lsattr shows it) has to be freed with chattr -i first`,
  EROFS: "the file system is mounted read-only: remount it read-write, or look in dmesg for why the kernel did that",
  ENOTDIR: "a part of this path is a file where a folder is expected: move it away",
  EEXIST: "there is a file where a folder is expected: move it away",
  EISDIR: "there is a folder where a file is expected: move it away",
  ELOOP: "the symbolic links of this path lead in a circle: remove them",
  EBUSY: "the file is a mount point here: unmount it, or set users_write to in-place when it is users.json",
  EMFILE: "too many files are open: raise the limit with ulimit -n",
  EIO: "the disk reports an error: look in dmesg",
};

const words: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the quota is used up",
  EACCES: "permission denied",
  EPERM: "not permitted",
  EROFS: "the file system is read-only",
  ENOTDIR: "not a folder",
  EEXIST: "there is a file in its place",
  EISDIR: "it is a folder",
  ELOOP: "too many symbolic links",
  EBUSY: "it is in use as a mount point",
  EMFILE: "too many open files",
  EIO: "input/output error",
  ENAMETOOLONG: "the name is too long",
};

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** Runs `work`; what the kernel refuses becomes AppError environment with the path, the reason and the next step. */
export async function explaining<T>(action: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fileError(action, path, error);
  }
}

function fileError(action: string, path: string, error: unknown): unknown {
  const code = errorCode(error);
  if (error instanceof AppError || code === undefined) return error;
  return new AppError("environment", `cannot ${action} ${path}: ${words[code] ?? code}`, {
    hint: hints[code] ?? "look at the path with ls -ld and at the kernel's words with dmesg",
    cause: error,
  });
}
