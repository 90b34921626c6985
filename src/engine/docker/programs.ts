import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { join } from "node:path";

/** Where daemons and tools live when a non-root PATH leaves them out. */
const SYSTEM_FOLDERS = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/** Whether a program can be started by its name. */
export async function isInstalled(program: string): Promise<boolean> {
  const folders = [...(process.env.PATH ?? "").split(":"), ...SYSTEM_FOLDERS].filter((folder) => folder !== "");
  const found = await Promise.all(folders.map((folder) => isExecutable(join(folder, program))));
  return found.includes(true);
}

function isExecutable(path: string): Promise<boolean> {
  return isThere(path, constants.X_OK);
}

/** Whether this process may use it in that way. */
export function isThere(path: string, mode: number = constants.F_OK): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}
