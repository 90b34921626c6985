import { AppError } from "../../domain/errors.ts";
import type { Sqlite } from "./sqlite.ts";

/** Figures of a series; whose they are is in `series`. */
const FIGURES = `
  bytes_in INTEGER NOT NULL CHECK (bytes_in >= 0),
  bytes_out INTEGER NOT NULL CHECK (bytes_out >= 0),
  opened INTEGER NOT NULL CHECK (opened >= 0),
  active INTEGER`;

/** Seconds that somebody counted figures of a kind. */
const WATCHED = `
  watched_all REAL NOT NULL,
  watched_shard REAL NOT NULL,
  watched_user REAL NOT NULL`;

/**
 * Each takes a file one version further; a file says in `user_version` how far it is. Times: `look.at`, `event.at` and `last_seen` are
 * Unix milliseconds; minutes, hours and days are counted since 1970, UTC.
 *
 * Looks come in one after the other, and are added to minutes and hours some at a time (`folded` of `meta` is the last one that was). So
 * what is written every ten seconds is at the end of the file, and the rows of one series stand side by side where they are read.
 */
const steps: readonly string[] = [
  `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE series (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, last_seen INTEGER, UNIQUE (kind, name)) STRICT;
  CREATE TABLE look (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, ${WATCHED}) STRICT;
  CREATE INDEX look_at ON look (at);
  CREATE TABLE raw (look INTEGER NOT NULL, series INTEGER NOT NULL, ${FIGURES}, PRIMARY KEY (look, series)) STRICT, WITHOUT ROWID;
  CREATE TABLE minute (series INTEGER NOT NULL, at INTEGER NOT NULL, ${FIGURES}, PRIMARY KEY (series, at)) STRICT, WITHOUT ROWID;
  CREATE TABLE hour (series INTEGER NOT NULL, at INTEGER NOT NULL, ${FIGURES}, PRIMARY KEY (series, at)) STRICT, WITHOUT ROWID;
  CREATE TABLE watched_minute (at INTEGER PRIMARY KEY, ${WATCHED}) STRICT;
  CREATE TABLE watched_hour (at INTEGER PRIMARY KEY, ${WATCHED}) STRICT;
  CREATE TABLE salt (day INTEGER PRIMARY KEY, salt TEXT NOT NULL) STRICT;
  CREATE TABLE household (day INTEGER NOT NULL, series INTEGER NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (day, series, hash))
    STRICT, WITHOUT ROWID;
  CREATE TABLE households (day INTEGER NOT NULL, series INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (day, series))
    STRICT, WITHOUT ROWID;
  CREATE TABLE client (day INTEGER NOT NULL, series INTEGER NOT NULL, family TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (day, series, family)) STRICT, WITHOUT ROWID;
  CREATE TABLE event (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL,
    words TEXT NOT NULL) STRICT;
  `,
];

export const SCHEMA_VERSION = steps.length;

/** 0 for a file that has nothing yet. */
export function schemaVersion(db: Sqlite): number {
  return db.first<[number]>("PRAGMA user_version")?.[0] ?? 0;
}

/** Brings a file to this version, all of it or nothing. */
export function migrate(db: Sqlite, path: string): void {
  refuseNewer(db, path);
  if (schemaVersion(db) === SCHEMA_VERSION) return;
  db.write(() => {
    for (const step of steps.slice(schemaVersion(db))) db.exec(step);
    db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
  });
}

/** @throws AppError environment; the file stays as it is */
export function refuseNewer(db: Sqlite, path: string): void {
  const version = schemaVersion(db);
  if (version <= SCHEMA_VERSION) return;
  throw new AppError(
    "environment",
    `the history in ${path} was written by a newer mtproxy (format ${version}, this one knows ${SCHEMA_VERSION})`,
    { hint: `install the newer package again, or move ${path} away to begin a new history` },
  );
}
