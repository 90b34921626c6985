import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/** What each entry below a folder is, by its path relative to that. */
export type FileTree = Readonly<Record<string, string>>;

/**
 * Every entry below a folder with its kind, mode, owner and content: to be compared with the same folder later, file by file. In one
 * go: waiting for each of a system's twenty thousand files takes four times as long.
 * @param isLeft whether an entry, a folder with everything in it, is of no interest
 */
export function fileTree(root: string, isLeft: (path: string) => boolean = () => false): FileTree {
  const tree: Record<string, string> = {};
  const addFolder = (folder: string): void => {
    for (const name of readdirSync(join(root, folder)).sort()) {
      const path = join(folder, name);
      if (isLeft(path)) continue;
      const entry = describeEntry(join(root, path));
      tree[path] = entry;
      if (entry.startsWith("folder")) addFolder(path);
    }
  };
  addFolder("");
  return tree;
}

function describeEntry(path: string): string {
  const status = lstatSync(path);
  const rights = `${(status.mode & 0o7777).toString(8)} ${status.uid}:${status.gid}`;
  if (status.isSymbolicLink()) return `link to ${readlinkSync(path)}`;
  if (status.isDirectory()) return `folder ${rights}`;
  if (!status.isFile()) return `special ${rights} ${status.rdev}`;
  const digest = createHash("sha1").update(readFileSync(path));
  return `file ${rights} ${status.size} ${digest.digest("hex")}`;
}

/** It tells of every command, those that change nothing of what there is too, and nothing else of a home does. */
export const isAuditLog = (path: string): boolean => path.endsWith("logs/mtproxy/audit.log");

/** Paths of what is in the second one and not in the first, the other way around, and not the same in both. */
export function compareTrees(before: FileTree, after: FileTree) {
  const paths = Object.keys({ ...before, ...after }).sort();
  return {
    added: paths.filter((path) => before[path] === undefined),
    removed: paths.filter((path) => after[path] === undefined),
    changed: paths.filter((path) => path in before && path in after && before[path] !== after[path]),
  };
}
