import { readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { syncFolder } from "./durable.ts";

/**
 * Puts a log that has grown aside, under its name and when that was (`audit.log-20261121T203000123Z`), and removes the oldest of these. The
 * names are no others': two that do it at once lose nothing. A file that may not be renamed (`chattr +a`) stays and grows on.
 * @param kept how many stay
 */
export async function turnOver(path: string, kept: number): Promise<void> {
  const folder = dirname(path);
  const stamp = new Date().toISOString().replace(/[-:.]/g, "");
  try {
    await rename(path, `${path}-${stamp}`);
  } catch {
    return;
  }
  const aside = (await readdir(folder)).filter((name) => isAside(name, basename(path))).sort();
  for (const name of aside.slice(0, -kept)) await rm(join(folder, name), { force: true });
  await syncFolder(folder);
}

function isAside(name: string, log: string): boolean {
  return name.startsWith(`${log}-`) && /^\d{8}T\d{9}Z$/.test(name.slice(log.length + 1));
}
