import { closeSync, existsSync, mkdirSync, openSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { migrate, refuseNewer, schemaVersion } from "./schema.ts";
import { openSqlite, type Sqlite } from "./sqlite.ts";
import { explained, isDamage } from "./sqlite-faults.ts";

/** Of damaged files, the newest are kept. */
const KEPT_ASIDE = 3;

const ASIDE = ".damaged-";

export function historyFile(folder: string): string {
  return join(folder, "history.db");
}

/**
 * Opens the file to write, begins one where there is none, and puts one aside that is damaged.
 * @param onAside gets the name of a file that was put aside
 * @throws AppError environment: no right, no room, no libsql, a file of a newer version
 */
export async function openToWrite(path: string, onAside: (path: string) => void): Promise<Sqlite> {
  try {
    return await open(path);
  } catch (error) {
    if (!isDamage(error)) throw explained(path, error);
    onAside(putAside(path));
    return await open(path).catch((second) => {
      throw explained(path, second);
    });
  }
}

/** Undefined where nothing was ever written. Throws as the other one does; a damaged file stays where it is. */
export async function openToRead(path: string): Promise<Sqlite | undefined> {
  if (!existsSync(path)) return undefined;
  let db: Sqlite | undefined;
  try {
    db = await openSqlite(path);
    db.exec("PRAGMA query_only = ON");
    refuseNewer(db, path);
    if (schemaVersion(db) > 0) return db;
  } catch (error) {
    db?.close();
    throw explained(path, error);
  }
  db.close();
  return undefined;
}

async function open(path: string): Promise<Sqlite> {
  makePrivate(path);
  const db = await openSqlite(path);
  try {
    // What is deleted is overwritten: of households nothing but a number shall be left.
    db.exec(`
      PRAGMA secure_delete = ON;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA journal_size_limit = 8000000;
      PRAGMA temp_store = MEMORY;
    `);
    migrate(db, path);
    // Pages at either end of everything: what is broken there shall show now.
    db.all("SELECT * FROM meta");
    db.all("SELECT * FROM look ORDER BY id DESC LIMIT 1");
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** SQLite gives the files beside it the same rights. One that is there stays shut: to close it would take SQLite's locks away. */
function makePrivate(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    if (!existsSync(path)) closeSync(openSync(path, "a", 0o600));
  } catch (error) {
    throw explained(path, error);
  }
}

/** The file with what is not in it yet: that goes first, since it would spoil a new one. */
export function putAside(path: string): string {
  const aside = `${path}${ASIDE}${new Date().toISOString().replace(/[-:]/g, "")}`;
  rmSync(`${path}-shm`, { force: true });
  if (existsSync(`${path}-wal`)) renameSync(`${path}-wal`, `${aside}-wal`);
  if (existsSync(path)) renameSync(path, aside);
  removeOldest(path);
  return aside;
}

function removeOldest(path: string): void {
  const names = readdirSync(dirname(path)).filter((name) => name.startsWith(`${basename(path)}${ASIDE}`));
  const copies = names.filter((name) => !name.endsWith("-wal")).sort();
  for (const name of copies.slice(0, -KEPT_ASIDE))
    for (const file of [name, `${name}-wal`]) rmSync(join(dirname(path), file), { force: true });
}
