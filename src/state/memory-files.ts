import type { FileStat, Files } from "../ports.ts";

/** Files that exist in memory only. */
export interface MemoryFiles extends Files {
  /** What stands there now, by absolute path. */
  readonly contents: ReadonlyMap<string, Uint8Array>;
}

/**
 * A file system for a home that is only tried out: nothing of it reaches the disk, so that a crash leaves no keys behind.
 * @param initial by absolute path
 */
export function createMemoryFiles(initial: ReadonlyMap<string, Uint8Array>): MemoryFiles {
  const contents = new Map(initial);
  const write = async (path: string, data: Uint8Array | string) => {
    contents.set(path, Buffer.from(data));
  };
  const removeBelow = async (path: string) => {
    for (const name of [...contents.keys()]) if (name.startsWith(`${path}/`)) contents.delete(name);
  };
  return {
    contents,
    read: async (path) => contents.get(path),
    readText: async (path) => textOf(contents.get(path)),
    write,
    writeInPlace: write,
    append: async (path, line) => write(path, `${textOf(contents.get(path)) ?? ""}${line}\n`),
    recoverInPlace: async () => false,
    remove: async (path) => void contents.delete(path),
    removeFolder: removeBelow,
    list: async (path) => namesIn(path, contents.keys()),
    mark: async () => undefined,
    stat: async (path) => statOf(contents.get(path)),
    makeFolder: async () => {},
    isBindMounted: async () => false,
  };
}

function textOf(content: Uint8Array | undefined): string | undefined {
  return content && Buffer.from(content).toString("utf8");
}

function statOf(content: Uint8Array | undefined): FileStat | undefined {
  return content && { mode: 0o600, uid: 0, gid: 0, size: content.length };
}

function namesIn(folder: string, paths: Iterable<string>): string[] {
  const below = [...paths].filter((path) => path.startsWith(`${folder}/`));
  return [...new Set(below.map((path) => path.slice(folder.length + 1).split("/")[0] ?? ""))].sort();
}
