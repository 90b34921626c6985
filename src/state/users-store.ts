import { AppError } from "../domain/errors.ts";
import { defaultSettings, type Settings } from "../domain/settings.ts";
import type { Store, StoreParts } from "./json-store.ts";
import { stateLock } from "./paths.ts";
import { readStateText, withoutMark } from "./state-text.ts";
import { parseUsers, type UsersState } from "./users-parse.ts";
import { editUsers, emptyUsers, type UserEdit } from "./users-text.ts";

/** What shall become of users.json, and what the caller wants back. */
interface UsersChange<T> {
  readonly edits: readonly UserEdit[];
  readonly result: T;
}

export interface UsersStore {
  read(): Promise<UsersState>;
  /**
   * Reads, decides and writes under our lock and that of the VLESS stack: at most one write, none without a change.
   * @param purpose what others who wait are told
   */
  update<T>(purpose: string, decide: (state: UsersState) => UsersChange<T> | Promise<UsersChange<T>>): Promise<T>;
}

/** Somebody else's scripts write in place: a file that does not parse may be a moment away from one that does. */
const PATIENCE_MS = 2000;
const PAUSE_MS = 50;
const EVERYBODY_READS = 0o004;

export function createUsersStore(parts: StoreParts, settings: Store<Settings>): UsersStore {
  const { paths, files, locks } = parts;
  const path = paths.users;

  const exclusively = <T>(purpose: string, { usersLock }: Settings, work: () => Promise<T>): Promise<T> =>
    locks.withLock(stateLock(paths), () => locks.withLock(usersLock, work, { holder: false }), { purpose });

  const recover = async (): Promise<boolean> =>
    exclusively("restoring users.json", await settingsOf(settings), () => files.recoverInPlace(path));

  return {
    read: async () => {
      const first = await readPatiently(parts);
      const isBack = isTorn(first) && (await recover().catch(() => false));
      const { state } = wholeOrThrow(isBack ? await readPatiently(parts) : first);
      const mode = (await files.stat(path))?.mode ?? 0;
      return (mode & EVERYBODY_READS) === 0 ? state : { ...state, warnings: [...state.warnings, readable(path)] };
    },

    update: async (purpose, decide) => {
      const current = await settingsOf(settings);
      return exclusively(purpose, current, async () => {
        await files.recoverInPlace(path);
        const { text, state } = wholeOrThrow(await readPatiently(parts));
        const { edits, result } = await decide(state);
        const next = editUsers(text, edits, path, state.chosen);
        if (next === text) return result;
        parts.beforeUsersChange?.();
        await write(parts, current, next);
        return result;
      });
    },
  };
}

async function settingsOf(settings: Store<Settings>): Promise<Settings> {
  return (await settings.read()) ?? defaultSettings;
}

interface Whole {
  readonly text: string;
  readonly state: UsersState;
}

/** Why it cannot be used, and whether that may pass: a JSON text is whole, its wrong fields stay wrong. */
interface Refused {
  readonly error: unknown;
  readonly mayPass: boolean;
}

async function readPatiently(parts: StoreParts): Promise<Whole | Refused> {
  const deadline = parts.clock.now().getTime() + PATIENCE_MS;
  for (;;) {
    const reading = await readOnce(parts);
    if (!isTorn(reading) || parts.clock.now().getTime() >= deadline) return reading;
    await parts.clock.sleep(PAUSE_MS);
  }
}

/** Nobody is in a file that is not there. */
async function readOnce({ paths, files }: StoreParts): Promise<Whole | Refused> {
  let text: string | undefined;
  try {
    text = (await readStateText(files, paths.users)) ?? emptyUsers;
    return { text, state: parseUsers(text, paths.users) };
  } catch (error) {
    return { error, mayPass: error instanceof AppError && error.kind === "invalid" && !isJson(text) };
  }
}

function isTorn(reading: Whole | Refused): boolean {
  return "error" in reading && reading.mayPass;
}

function wholeOrThrow(reading: Whole | Refused): Whole {
  if ("error" in reading) throw reading.error;
  return reading;
}

function isJson(text: string | undefined): boolean {
  try {
    JSON.parse(withoutMark(text ?? ""));
    return true;
  } catch {
    return false;
  }
}

/** A file that a container has mounted keeps its inode, and its mode with which the container reads it. */
async function write({ paths: { users }, files }: StoreParts, { usersWrite }: Settings, text: string): Promise<void> {
  parseUsers(text, users);
  const inPlace = usersWrite === "in-place" || (usersWrite === "auto" && (await files.isBindMounted(users)));
  if (inPlace) await files.writeInPlace(users, text);
  else await files.write(users, text, { mode: 0o600, exactMode: true });
}

function readable(path: string): string {
  return `${path} can be read by every account of this host, keys included: chmod 600 ${path}`;
}
