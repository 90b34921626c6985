import { watch } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";

/** A look at the file however silent its folder is: a watch may be lost, and some file systems have none. */
const LOOK_MS = 1000;

export interface FollowOptions {
  /** The whole file, at first and after each change. */
  readonly onText: (text: string) => void;
  /** It could not be read; told once until it can be again. */
  readonly onFault: (what: string) => void;
}

/** Hands over a file now and whenever it was replaced or written, within milliseconds where the folder can be watched. */
export async function followFile(path: string, { onText, onFault }: FollowOptions): Promise<{ close(): void }> {
  let seen: string | undefined;
  let isBroken = false;
  let looking: Promise<void> = Promise.resolve();
  const look = async (): Promise<void> => {
    try {
      const mark = await markOf(path);
      if (mark === seen && !isBroken) return;
      const text = await readFile(path, "utf8");
      [seen, isBroken] = [mark, false];
      onText(text);
    } catch (error) {
      if (!isBroken) onFault(error instanceof Error ? error.message : String(error));
      isBroken = true;
    }
  };
  const lookNext = (): void => {
    looking = looking.then(look);
  };
  const watcher = watch(dirname(path), (_, name) => {
    if (name === null || name === basename(path)) lookNext();
  });
  watcher.on("error", () => watcher.close());
  const timer = setInterval(lookNext, LOOK_MS);
  await look();
  return {
    close: () => {
      clearInterval(timer);
      watcher.close();
    },
  };
}

/** Tells versions of a file apart: a file that was replaced has another inode, one that was written another time. */
async function markOf(path: string): Promise<string> {
  const { ino, mtimeNs, size } = await stat(path, { bigint: true });
  return `${ino} ${mtimeNs} ${size}`;
}
