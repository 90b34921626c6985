import { randomBytes, randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { defaultSettings, type Settings } from "../../src/domain/settings.ts";
import { createFiles } from "../../src/host/files.ts";
import { createLocks } from "../../src/host/locks.ts";
import type { Clock, Random } from "../../src/ports.ts";
import type { StoreParts } from "../../src/state/json-store.ts";
import { homePaths } from "../../src/state/paths.ts";
import { createStores, type Stores } from "../../src/state/stores.ts";

export const realClock: Clock = {
  now: () => new Date(),
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

export const realRandom: Random = { bytes: (count) => randomBytes(count), uuid: randomUUID };

/** A home of its own with the real parts. */
export interface TempHome extends StoreParts {
  readonly stores: Stores;
  /** A file as somebody else put it there. */
  put(path: string, content: string | Uint8Array, mode?: number): Promise<void>;
}

/** An empty folder that goes with the test. */
export async function tempFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "mtproxy-test-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A set-up home that goes with the test; the lock of the VLESS stack stands beside it. */
export async function tempHome(settings: Partial<Settings> = {}): Promise<TempHome> {
  const paths = homePaths(join(await tempFolder(), "home"));
  const parts = { paths, files: createFiles(), locks: createLocks(), clock: realClock, random: realRandom };
  const stores = createStores(parts);
  const base = { ...defaultSettings, publicHost: "proxy.example", usersLock: join(dirname(paths.home), "users.lock") };
  await stores.settings.write({ ...base, ...settings });
  const put = async (path: string, content: string | Uint8Array, mode = 0o600) => {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(path, content, { mode });
  };
  return { ...parts, stores, put };
}
