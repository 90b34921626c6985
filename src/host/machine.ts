import { constants } from "node:fs";
import { access, lstat, readdir, readlink, realpath, symlink } from "node:fs/promises";
import { arch } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Machine } from "../machine.ts";
import { unless } from "./durable.ts";
import { explaining } from "./file-errors.ts";

interface MachineOptions {
  /** See Machine. */
  readonly root?: string | undefined;
  /** The variable of that name; the process's own without it. */
  readonly path?: string | undefined;
}

const TIMEOUT_MS = 30_000;

/** The real machine. */
export function createMachine({ root, path = process.env.PATH ?? "" }: MachineOptions = {}): Machine {
  const folders = path.split(":").filter((folder) => folder !== "");
  return {
    root,
    at: (systemPath) => (root === undefined ? systemPath : join(root, systemPath)),
    architecture: arch(),
    ourselves: [process.execPath, ownProgram()],
    findOnPath: async (name) => {
      const found = await Promise.all(folders.map((folder) => executable(join(folder, name))));
      return [...new Set(found.flatMap((it) => it ?? []))];
    },
    run: async (command, { timeoutMs = TIMEOUT_MS } = {}) =>
      (await import("./run-program.ts")).runProgram(command, { timeout: timeoutMs }),
    realPath: (it) => explaining("look at", it, () => realpath(it).catch(unless("ENOENT", "ENOTDIR"))),
    hasEntry: async (it) =>
      (await explaining("look at", it, () => lstat(it).catch(unless("ENOENT", "ENOTDIR")))) !== undefined,
    folders: (it) => explaining("list", it, () => foldersIn(it)),
    link: (it, target) => explaining("make the link", it, () => symlink(target, it)),
    readLink: (it) => explaining("look at", it, () => readlink(it).catch(unless("ENOENT", "EINVAL", "ENOTDIR"))),
  };
}

/** From dist/ of the package, or from where this file is in a checkout. */
function ownProgram(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const top = basename(here) === "host" ? join(here, "../..") : join(here, "..");
  return join(top, "bin/familytraffic-mtproxy");
}

async function foldersIn(path: string): Promise<string[]> {
  const entries = (await readdir(path, { withFileTypes: true }).catch(unless("ENOENT"))) ?? [];
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

async function executable(path: string): Promise<string | undefined> {
  const isOne = await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
  return isOne ? path : undefined;
}
