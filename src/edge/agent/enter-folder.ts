import { statSync } from "node:fs";
import { AppError, AS_ROOT, wordsOf } from "../../domain/errors.ts";

const OTHERS_MAY_WRITE = 0o022;

interface User {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Makes the agents' folder the working folder, and this process its owner. Root's rights end here for good: the way to the folder leads
 * through a home that is closed to others, and everything after it is named from within. With the rights the process loses what would
 * let it leave its memory, with the keys in it, in a core dump (prctl(2), PR_SET_DUMPABLE).
 * @throws AppError environment when the folder is not there, not the user's, or others may write in it
 */
export function enterFolder(folder: string, user: User): void {
  try {
    process.chdir(folder);
  } catch (error) {
    const isAway = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw isAway
      ? amiss(
          `the folder ${folder} for agents is not there`,
          "mtproxy enable-haproxy-routing makes it, later mtproxy apply",
        )
      : amiss(`the agents' folder ${folder} cannot be entered: ${wordsOf(error)}`, AS_ROOT);
  }
  const isRoot = process.getuid?.() === 0;
  const own = isRoot ? user.uid : process.getuid?.();
  const { uid, mode } = statSync(".");
  if (uid !== own)
    throw amiss(
      `the folder ${folder} belongs to the user ${uid}, and the agent is the user ${own}`,
      isRoot ? "mtproxy apply gives it its owner" : AS_ROOT,
    );
  if ((mode & OTHERS_MAY_WRITE) !== 0)
    throw amiss(`others may write in ${folder}, so nobody knows whose the sockets there are`, `chmod 755 ${folder}`);
  if (isRoot) becomeUser(user);
}

function becomeUser({ uid, gid }: User): void {
  process.setgroups?.([]);
  process.setgid?.(gid);
  process.setuid?.(uid);
}

function amiss(message: string, hint: string): AppError {
  return new AppError("environment", message, { hint });
}
