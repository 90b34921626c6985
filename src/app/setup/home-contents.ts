import { dirname, join, relative } from "node:path";
import type { Context, HostContext } from "../../context.ts";
import type { Machine } from "../../machine.ts";
import type { Files, HomePaths } from "../../ports.ts";
import { hostRecordPath } from "../../state/host-record-store.ts";
import { OLD_SECRETS, stateFiles } from "../../state/state-files.ts";
import { BACKUP_END } from "../moving/list-backups.ts";
import { tokenPath } from "../stats-api/token.ts";

/** Names in a home that we make; the first two and the last ones may hold a VLESS stack's files too. */
const OURS: readonly string[] = ["config", "data", "mtproxy", "logs", "backups"];

export function isOurName(name: string): boolean {
  return OURS.includes(name);
}

/** What each client's files are called; the VLESS stack keeps its own beside them. */
const CLIENT_FILE = /^mtproxy_/;

/** What users.json is when nobody is left in it and nobody added anything. */
const EMPTY = '{"users":[]}';

/**
 * Removes what we keep in a home, and the folders that are empty then: never users.json as long as something of others is in it, and
 * no file that we did not make.
 * @returns what is left, relative to the home
 */
export async function removeHomeContents(ctx: HostContext): Promise<string[]> {
  const { files, paths } = ctx;
  for (const folder of [paths.telegram, paths.history, paths.logs]) await files.removeFolder(folder);
  await removeClients(ctx);
  for (const path of await ownFiles(ctx)) await files.remove(path);
  await removeEmptyUsers(ctx);
  // The locks are in here, so it goes last.
  await files.removeFolder(paths.rendered);
  return removeEmptyFolders(ctx);
}

async function ownFiles({ files, paths }: Context): Promise<string[]> {
  const config = dirname(paths.settings);
  const kept = (await files.list(config)).filter((name) => VERSION_0.test(name));
  const theirs = [paths.users, ...(await strangersSecrets(files, config, kept))];
  const known = stateFiles(paths).filter((path) => !theirs.includes(path));
  const backups = (await files.list(paths.backups)).filter(
    (name) => name.startsWith("mtproxy-") && name.endsWith(BACKUP_END),
  );
  return [
    ...known,
    hostRecordPath(paths),
    paths.alertState,
    `${paths.alertState}.damaged`,
    tokenPath(paths),
    ...kept.map((name) => join(config, name)),
    ...backups.map((name) => join(paths.backups, name)),
  ];
}

/** A file as it was before we wrote it anew, kept beside. */
const VERSION_0 = /\.v0\.[\dTZ-]+$/;

/**
 * The old stack's shared secrets are ours once we have taken them over, which the copy beside shows: those keys are in our own file.
 * A file that was never taken over, or that somebody has written since, stays.
 */
async function strangersSecrets(files: Files, config: string, kept: readonly string[]): Promise<string[]> {
  const path = join(config, OLD_SECRETS);
  const text = await files.readText(path);
  const copies = kept
    .filter((name) => name.startsWith(`${OLD_SECRETS}.`))
    .map((name) => files.readText(join(config, name)));
  return text === undefined || (await Promise.all(copies)).includes(text) ? [] : [path];
}

async function removeClients({ files, machine, paths }: HostContext): Promise<void> {
  for (const folder of await foldersBelow(machine, paths.clients))
    for (const name of await files.list(folder)) if (CLIENT_FILE.test(name)) await files.remove(join(folder, name));
}

/** Shared secrets have theirs one level deeper. */
async function foldersBelow(machine: Machine, folder: string): Promise<string[]> {
  const below = await machine.folders(folder);
  const deeper = await Promise.all(below.map((name) => foldersBelow(machine, join(folder, name))));
  return [...deeper.flat(), ...below.map((name) => join(folder, name))];
}

async function removeEmptyUsers({ files, paths }: Context): Promise<void> {
  const text = await files.readText(paths.users);
  if (text?.replace(/\s/g, "") === EMPTY) await files.remove(paths.users);
}

/** Deepest first. */
async function removeEmptyFolders({ files, machine, paths }: HostContext): Promise<string[]> {
  const { home } = paths;
  for (const folder of ourFolders(paths)
    .concat(await foldersBelow(machine, paths.clients))
    .sort(deepestFirst))
    if ((await files.list(folder)).length === 0) await files.removeFolder(folder);
  return files.list(home);
}

function ourFolders({ home, settings, clients, backups, logs }: HomePaths): string[] {
  const config = dirname(settings);
  return [config, dirname(config), clients, dirname(clients), backups, dirname(logs), home];
}

function deepestFirst(a: string, b: string): number {
  return relative("/", b).split("/").length - relative("/", a).split("/").length;
}
