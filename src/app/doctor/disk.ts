import type { FreeSpace } from "../../ports.ts";
import { type Check, failed, ok, warning } from "./check.ts";

const MEGABYTE = 1_000_000;
/** A state, a backup of it and what a program writes meanwhile. */
const NEEDED = { bytes: 20 * MEGABYTE, files: 200 } as const;
/** An image with the one that replaces it, and logs of some weeks. */
const WANTED = { bytes: 500 * MEGABYTE, files: 5000 } as const;

/** Where Docker keeps images and logs unless told otherwise. */
const DOCKER_FOLDER = "/var/lib/docker";

export const diskCheck: Check = {
  id: "disk",
  title: "room on the disks",
  run: async ({ ctx }) => {
    const { home, rendered, users, backups } = ctx.paths;
    const docker = (await ctx.files.stat(DOCKER_FOLDER)) === undefined ? [] : [DOCKER_FOLDER];
    const places = await Promise.all(
      [home, users, rendered, backups, ...docker].map(async (path) => ({ path, left: await ctx.host.freeSpace(path) })),
    );
    const low = (least: typeof NEEDED | typeof WANTED) => places.find(({ left }) => isLess(left, least));
    const [full, tight] = [low(NEEDED), low(WANTED)];
    if (full !== undefined)
      return failed(`${words(full)}: nothing can be saved soon`, `df -h ${full.path} shows the disk; make room there`);
    if (tight !== undefined) return warning(words(tight), `df -h ${tight.path} shows the disk`);
    return ok(words(places[0] ?? { path: home, left: await ctx.host.freeSpace(home) }));
  },
};

function isLess({ bytes, files }: FreeSpace, least: { bytes: number; files: number }): boolean {
  return bytes < least.bytes || (files !== undefined && files < least.files);
}

function words({ path, left: { bytes, totalBytes, files } }: { path: string; left: FreeSpace }): string {
  const inodes = files === undefined ? "" : `, ${files} more files`;
  return `${megabytes(bytes)} of ${megabytes(totalBytes)} are free at ${path}${inodes}`;
}

function megabytes(bytes: number): string {
  return `${Math.floor(bytes / MEGABYTE)} MB`;
}
