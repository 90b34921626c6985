import type { StatsFs } from "node:fs";
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import type { FreeSpace } from "../ports.ts";
import { explaining } from "./file-errors.ts";

/** What is left where a path is or, as long as it is not there, where it would be. */
export async function freeSpace(path: string): Promise<FreeSpace> {
  const { bsize, blocks, bavail, files, ffree } = await explaining("look at", path, () => statfsOf(path));
  return { bytes: bavail * bsize, totalBytes: blocks * bsize, ...(files === 0 ? {} : { files: ffree }) };
}

async function statfsOf(path: string): Promise<StatsFs> {
  try {
    return await statfs(path);
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (!isMissing || dirname(path) === path) throw error;
    return statfsOf(dirname(path));
  }
}
