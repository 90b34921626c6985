import { AppError } from "../../domain/errors.ts";

/** What goes into a statement. No booleans: libsql ends the process at one. */
export type Value = number | string | null;

/** A row as the statement's columns name it, in their order. */
export type Row = readonly Value[];

/** One connection to a database file. Statements are prepared once. Everything throws what SQLite says (`sqliteCode` reads it). */
export interface Sqlite {
  exec(sql: string): void;
  /** Returns the id of the row that was inserted last. */
  run(sql: string, ...values: Value[]): number;
  all<T extends Row>(sql: string, ...values: Value[]): T[];
  first<T extends Row>(sql: string, ...values: Value[]): T | undefined;
  /** All or nothing. What only reads sees one instant of the file. */
  read<T>(work: () => T): T;
  write<T>(work: () => T): T;
  /** libsql lets the file go when nothing refers to its statements any more, at the end of the thread at the latest. */
  close(): void;
}

/** What of libsql is used: it has the interface of better-sqlite3. */
interface Libsql {
  readonly default: new (path: string, options: { readonly timeout: number }) => LibsqlDatabase;
}

interface LibsqlDatabase {
  exec(sql: string): void;
  prepare(sql: string): LibsqlStatement;
  close(): void;
}

interface LibsqlStatement {
  readonly reader: boolean;
  raw(): LibsqlStatement;
  run(...values: Value[]): { readonly lastInsertRowid: number };
  all(...values: Value[]): unknown[];
}

/** Another process holds the file for an instant only: while it recovers it after a crash. */
const WAIT_MS = 5000;

/** @throws AppError environment where libsql has no program for this machine; what SQLite says where the file cannot be opened */
export async function openSqlite(path: string): Promise<Sqlite> {
  const { default: Database } = await loadLibsql();
  const database = new Database(path, { timeout: WAIT_MS });
  const prepared = new Map<string, LibsqlStatement>();
  const statement = (sql: string) => {
    const known = prepared.get(sql) ?? database.prepare(sql);
    if (!prepared.has(sql)) prepared.set(sql, known.reader ? known.raw() : known);
    return known;
  };
  const all = <T extends Row>(sql: string, ...values: Value[]) => statement(sql).all(...values) as unknown as T[];
  const within = <T>(begin: string, work: () => T): T => {
    database.exec(begin);
    try {
      const result = work();
      database.exec("COMMIT");
      return result;
    } catch (error) {
      rollBack(database);
      throw error;
    }
  };
  return {
    exec: (sql) => database.exec(sql),
    run: (sql, ...values) => statement(sql).run(...values).lastInsertRowid,
    all,
    first: <T extends Row>(sql: string, ...values: Value[]) => all<T>(sql, ...values)[0],
    read: (work) => within("BEGIN", work),
    write: (work) => within("BEGIN IMMEDIATE", work),
    close: () => {
      prepared.clear();
      database.close();
    },
  };
}

async function loadLibsql(): Promise<Libsql> {
  try {
    return (await import("libsql")) as unknown as Libsql;
  } catch (error) {
    const [words = ""] = error instanceof Error ? error.message.split("\n") : [];
    throw new AppError("environment", `history cannot be kept: libsql does not load here (${words})`, {
      hint: "install the package anew without leaving out optional dependencies (npm install --include=optional)",
      cause: error,
    });
  }
}

/** SQLite may have done it already, as it does when the disk is full. */
function rollBack(database: LibsqlDatabase): void {
  try {
    database.exec("ROLLBACK");
  } catch {}
}

/** SQLite's primary result code; undefined for what is no error of SQLite. */
export function sqliteCode(error: unknown): number | undefined {
  const code = error instanceof Error && "rawCode" in error ? error.rawCode : undefined;
  return typeof code === "number" ? code & 0xff : undefined;
}
