import { stringify } from "jsonfile/utils.js";
import type { Clock, Files, HomePaths, Locks, Random } from "../ports.ts";
import { Fields, type JsonObject } from "./fields.ts";
import { stateLock } from "./paths.ts";
import { parseJson, readStateText, unusable } from "./state-text.ts";

/** What stores are made of. */
export interface StoreParts {
  readonly paths: HomePaths;
  readonly files: Files;
  readonly locks: Locks;
  readonly clock: Clock;
  readonly random: Random;
  /** Called when users.json is about to be written: what is decided then must become live. */
  readonly beforeUsersChange?: () => void;
  /** Called when a file of version 0 is about to be written anew. */
  readonly beforeMigration?: () => Promise<unknown>;
}

/** How a value stands in its file. */
export interface Format<T> {
  readonly path: string;
  /** Where version 0 was kept when its name was another one. */
  readonly oldPath?: string;
  /** Without blanks and line breaks: nobody reads it, and it is long. */
  readonly compact?: true;
  /** @throws AppError invalid */
  parse(fields: Fields): T;
  format(value: T): JsonObject;
  /** From the shape without a version to version 1; `old` names the fields of what cannot be understood. */
  migrate?(document: JsonObject, old: Fields): JsonObject;
}

/** One value in one file. */
export interface Store<T> {
  /** Undefined when there is no file. */
  read(): Promise<T | undefined>;
  write(value: T): Promise<void>;
  /** Reads, changes and writes under the state lock. */
  update(change: (value: T | undefined) => T | Promise<T>): Promise<T>;
}

interface Loaded<T> {
  readonly value: T;
  readonly text: string;
  /** Version 0 is kept beside before it is replaced. */
  readonly version: number;
  readonly path: string;
  readonly unknown: JsonObject;
}

const VERSION = 1;

/**
 * A JSON file that carries its version: older ones are understood, and kept beside when they are written anew; newer and invalid
 * ones are refused and stay as they are. Top-level fields that we do not know are kept.
 */
export function createJsonStore<T>(
  { files, locks, clock, paths, beforeMigration }: StoreParts,
  format: Format<T>,
): Store<T> {
  const load = async (): Promise<Loaded<T> | undefined> =>
    (await loadFrom(files, format.path, format)) ??
    ((format.oldPath && (await loadFrom(files, format.oldPath, format))) || undefined);

  const save = async (old: Loaded<T> | undefined, value: T): Promise<void> => {
    const text = toText(format, value, old?.unknown ?? {});
    if (text === old?.text) return;
    if (old?.version === 0) {
      await beforeMigration?.();
      await files.write(besideName(old.path, clock), old.text, { mode: 0o600, exactMode: true });
    }
    await files.write(format.path, text, { mode: 0o600, exactMode: true });
  };

  const update: Store<T>["update"] = (change) =>
    locks.withLock(
      stateLock(paths),
      async () => {
        const old = await load();
        const value = await change(old?.value);
        await save(old, value);
        return value;
      },
      { purpose: `writing ${format.path}` },
    );

  return {
    read: async () => (await load())?.value,
    write: async (value) => {
      await update(() => value);
    },
    update,
  };
}

async function loadFrom<T>(files: Files, path: string, format: Format<T>): Promise<Loaded<T> | undefined> {
  const text = await readStateText(files, path);
  if (text === undefined) return undefined;
  const document = parseJson(text, path);
  const own = new Fields(document, path);
  const version = versionOf(own.unasked(), path);
  const fields = version === 0 && format.migrate ? new Fields(format.migrate(own.unasked(), own), path) : own;
  const value = format.parse(fields);
  const { version: _, ...unknown } = fields.unasked();
  return { value, text, version, path, unknown };
}

/** The old stack wrote texts such as "6.0", or nothing: both are version 0. */
function versionOf({ version }: JsonObject, path: string): number {
  if (version === undefined || version === null || typeof version === "string") return 0;
  if (version !== 0 && version !== VERSION) {
    const fault = `has version ${JSON.stringify(version)}, this mtproxy knows up to ${VERSION}`;
    throw unusable(path, fault, "install the mtproxy that wrote it, or a newer one; nothing was changed");
  }
  return version;
}

/** What is written must be readable: a value that the rules refuse stops here, before the file. */
function toText<T>(format: Format<T>, value: T, unknown: JsonObject): string {
  const document = { version: VERSION, ...format.format(value), ...unknown };
  const text = stringify(document, format.compact === true ? {} : { spaces: 2 });
  format.parse(new Fields(JSON.parse(text), format.path));
  return text;
}

function besideName(path: string, clock: Clock): string {
  return `${path}.v0.${clock.now().toISOString().replace(/[:.]/g, "-")}`;
}
