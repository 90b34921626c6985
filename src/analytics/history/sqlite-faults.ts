import { AppError, AS_ROOT, wordsOf } from "../../domain/errors.ts";
import { sqliteCode } from "./sqlite.ts";

/** SQLite's result codes (sqlite3.h). */
const [PERM, BUSY, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, NOTADB] = [3, 5, 8, 10, 11, 13, 14, 26];

/** The file itself is not what SQLite wrote. */
export function isDamage(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === CORRUPT || code === NOTADB;
}

/** What SQLite says, as people read it. */
export function explained(path: string, error: unknown): AppError {
  if (error instanceof AppError) return error;
  const code = sqliteCode(error);
  const [words, hint] = faults.get(code ?? 0) ?? [wordsOf(error)];
  const message = `the history in ${path} cannot be used: ${words}`;
  return new AppError("environment", message, { ...(hint === undefined ? {} : { hint }), cause: error });
}

/** What is wrong, and what to do about it. */
type Fault = readonly [words: string, hint?: string];

const noRight: Fault = ["permission denied", `${AS_ROOT}, or as the owner of the folder`];

const damaged: Fault = [
  "it is damaged",
  "the daemon puts it aside and begins a new one as soon as it writes (mtproxy daemon)",
];

const faults: ReadonlyMap<number, Fault> = new Map<number, Fault>([
  [FULL, ["the disk is full", "free some disk space (df -h shows where); writing goes on by itself then"]],
  [IOERR, ["the disk is full or reports an error", "look at df -h, and in dmesg"]],
  [BUSY, ["another program holds it", "wait until it has ended"]],
  [PERM, noRight],
  [READONLY, noRight],
  [CANTOPEN, noRight],
  [CORRUPT, damaged],
  [NOTADB, damaged],
]);
