import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";

/** Every entry below a folder with what it is: to be compared with the same folder later, file by file. */
export async function fileTree(root: string, folder = ""): Promise<Record<string, string>> {
  const tree: Record<string, string> = {};
  for (const name of (await readdir(join(root, folder))).sort()) {
    const path = join(folder, name);
    tree[path] = await describeEntry(join(root, path));
    if (tree[path].startsWith("folder")) Object.assign(tree, await fileTree(root, path));
  }
  return tree;
}

async function describeEntry(path: string): Promise<string> {
  const status = await lstat(path);
  const mode = (status.mode & 0o7777).toString(8);
  if (status.isSymbolicLink()) return `link to ${await readlink(path)}`;
  if (status.isDirectory()) return `folder ${mode}`;
  if (!status.isFile()) return `special ${mode}`;
  return `file ${mode} ${(await readFile(path)).toString("base64")}`;
}
