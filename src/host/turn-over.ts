import { randomBytes } from "node:crypto";
import { lstat, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { syncFolder } from "./durable.ts";

/**
 * Puts a log that has grown aside, under its name and when that was (`audit.log-20261121T203000123Z-5f0c0d`), and removes the oldest of
 * these. No name is given twice: two that do it at once lose nothing. What may not be renamed (`chattr +a`), or leads elsewhere, grows on.
 * @param kept how many stay
 */
export async function turnOver(path: string, kept: number): Promise<void> {
  const folder = dirname(path);
  const stamp = new Date().toISOString().replace(/[-:.]/g, "");
  try {
    if ((await lstat(path)).isSymbolicLink()) return;
    await rename(path, `${path}-${stamp}-${randomBytes(3).toString("hex")}`);
  } catch {
    return;
  }
  const aside = (await readdir(folder)).filter((name) => isAside(name, basename(path))).sort();
  for (const name of aside.slice(0, -kept)) await rm(join(folder, name), { force: true });
  await syncFolder(folder);
}

function isAside(name: string, log: string): boolean {
  return name.startsWith(`${log}-`) && /^\d{8}T\d{9}Z-[0-9a-f]{6}$/.test(name.slice(log.length + 1));
}
