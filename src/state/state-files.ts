import { dirname, join, relative } from "node:path";
import type { HomePaths } from "../ports.ts";
import { LAST_GOOD } from "./telegram-store.ts";

/** Folders of a home; everything else that `HomePaths` names is a file that a store reads. */
const FOLDERS = [
  "home",
  "telegram",
  "history",
  "clients",
  "rendered",
  "run",
  "agents",
  "haproxy",
  "logs",
  "backups",
] as const satisfies (keyof HomePaths)[];

/** What this machine has seen: another one, or a home that is taken back, has seen something else. */
const MEMORIES = ["auditLog", "alertState"] as const satisfies (keyof HomePaths)[];

type FileName = Exclude<keyof HomePaths, (typeof FOLDERS)[number] | (typeof MEMORIES)[number]>;

const TELEGRAM = ["proxySecret", "proxyMultiConf", "telegramRecord"] as const satisfies FileName[];

/** Every file that a home cannot be made anew without, absolute. What is rendered from them is not among them. */
export function stateFiles(paths: HomePaths): string[] {
  const isFile = ([name]: [string, string]) => ![...FOLDERS, ...MEMORIES].some((other) => other === name);
  const named = Object.entries(paths)
    .filter(isFile)
    .map(([, path]: [string, string]) => path);
  const lastGood = [paths.proxySecret, paths.proxyMultiConf].map((path) => path + LAST_GOOD);
  return [...named, oldSecrets(paths), ...lastGood].sort();
}

/** Telegram's own files, which nobody chose and every home can fetch. */
export function telegramFiles(paths: HomePaths): string[] {
  const isTelegrams = (path: string) => TELEGRAM.some((name) => path.startsWith(paths[name]));
  return stateFiles(paths).filter(isTelegrams);
}

/** As a backup names it: relative to the home. */
export function nameInHome(paths: HomePaths, path: string): string {
  return relative(paths.home, path);
}

/** What version 0 of the shared secrets was called. */
export const OLD_SECRETS = "secrets.json";

function oldSecrets({ sharedSecrets }: HomePaths): string {
  return join(dirname(sharedSecrets), OLD_SECRETS);
}
