import type { TelegramFiles } from "../domain/deployment.ts";
import type { StoreParts } from "./json-store.ts";
import { stateLock } from "./paths.ts";

/** What stands behind the name of the copy that was in use before. */
export const LAST_GOOD = ".last-good";

/** Telegram's proxy-secret and proxy-multi.conf, as they were downloaded and found good. */
export interface TelegramStore {
  /** Undefined unless both are there. */
  read(): Promise<TelegramFiles | undefined>;
  /** Replaces the files that differ; the caller has found the new ones good. The ones before stay beside them. */
  write(next: TelegramFiles): Promise<void>;
  /** Takes a `write` back that turned out bad. Those that it replaced are the last good still. */
  restore(previous: TelegramFiles): Promise<void>;
}

export function createTelegramStore({ paths, files, locks }: StoreParts): TelegramStore {
  const read = async (): Promise<TelegramFiles | undefined> => {
    const [proxySecret, proxyMultiConf] = await Promise.all(
      [paths.proxySecret, paths.proxyMultiConf].map((path) => files.read(path)),
    );
    return proxySecret && proxyMultiConf && { proxySecret, proxyMultiConf };
  };

  const replace = async (path: string, data: Uint8Array, keep: boolean): Promise<void> => {
    const old = await files.read(path);
    if (old !== undefined && Buffer.compare(old, data) === 0) return;
    if (old !== undefined && keep) await files.write(path + LAST_GOOD, old);
    await files.write(path, data);
  };

  const replaceBoth = (next: TelegramFiles, keep: boolean): Promise<void> =>
    locks.withLock(
      stateLock(paths),
      async () => {
        await replace(paths.proxySecret, next.proxySecret, keep);
        await replace(paths.proxyMultiConf, next.proxyMultiConf, keep);
      },
      { purpose: "replacing Telegram's files" },
    );

  return {
    read,
    write: (next) => replaceBoth(next, true),
    restore: (previous) => replaceBoth(previous, false),
  };
}
