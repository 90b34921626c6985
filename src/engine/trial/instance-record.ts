import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { RunFolder } from "./run-folder.ts";

/** The pid file: what is known of the server that was started last, whether it still runs or not. */
export interface InstanceRecord {
  readonly pid: number;
  readonly shardId: number;
  readonly configDigest: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Absent while it runs, and when it was killed. */
  readonly exitCode?: number;
}

/** Undefined when none was started, or when what is there is no record: it says nothing that could not be found out anew. */
export function readRecord(folder: RunFolder): InstanceRecord | undefined {
  try {
    return JSON.parse(readFileSync(folder.file("record"), "utf8"));
  } catch {
    return undefined;
  }
}

export function writeRecord(folder: RunFolder, record: InstanceRecord): void {
  const path = folder.file("record");
  writeFileSync(`${path}.new`, `${JSON.stringify(record)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

export function removeRecord(folder: RunFolder): void {
  rmSync(folder.file("record"), { force: true });
}
