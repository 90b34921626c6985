import { readFile, stat } from "node:fs/promises";
import { watchName } from "./watch-name.ts";

export interface FollowOptions {
  /** The whole file, at first and after each change. */
  readonly onText: (text: string) => void;
  /** It could not be read; told once until it can be again. */
  readonly onFault: (what: string) => void;
}

export interface Following {
  /** Reads it, changed or not. */
  reread(): void;
  close(): void;
}

/** Hands over a file now and whenever it was replaced or written, within milliseconds where the folder can be watched. */
export async function followFile(path: string, { onText, onFault }: FollowOptions): Promise<Following> {
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
  const watching = watchName(path, lookNext);
  await look();
  return {
    reread: () => {
      [seen, isBroken] = [undefined, false];
      lookNext();
    },
    close: () => watching.close(),
  };
}

/** Tells versions of a file apart: a file that was replaced has another inode, one that was written another time. */
async function markOf(path: string): Promise<string> {
  const { ino, mtimeNs, size } = await stat(path, { bigint: true });
  return `${ino} ${mtimeNs} ${size}`;
}
