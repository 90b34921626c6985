import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { constants, gunzip, type ZlibOptions } from "node:zlib";
import * as v from "valibot";
import { type AuditEntry, actors } from "../domain/audit/entry.ts";
import { AUDIT_VERSION, type AuditParts } from "./audit-log.ts";

const stamp = {
  version: v.literal(AUDIT_VERSION),
  id: v.string(),
  at: v.pipe(v.string(), v.isoTimestamp()),
};
const texts = v.array(v.string());

/** As src/state/audit-log.ts writes them. */
const line = v.variant("entry", [
  v.object({
    ...stamp,
    entry: v.literal("begin"),
    actor: v.picklist(["person", "timer"]),
    user: v.string(),
    uid: v.number(),
    terminal: v.nullable(v.string()),
    from: v.nullable(v.string()),
    command: v.string(),
    typed: texts,
    dry_run: v.boolean(),
    pid: v.number(),
    program: v.string(),
  }),
  v.object({
    ...stamp,
    entry: v.literal("end"),
    exit_code: v.number(),
    milliseconds: v.number(),
    about: texts,
    error: v.nullable(v.string()),
  }),
  v.object({
    ...stamp,
    entry: v.literal("change"),
    actor: v.picklist(actors),
    command: v.string(),
    about: texts,
    words: v.string(),
  }),
]);

export interface ReadAuditLog {
  readonly entries: readonly AuditEntry[];
  /** Lines that are none of ours: cut off by a full disk, of a newer version, or somebody else's. */
  readonly unreadable: number;
}

/** Everything that is there, what was rotated away and packed included. @throws AppError environment for a file that cannot be read */
export async function readAuditLog({ files, paths }: Pick<AuditParts, "files" | "paths">): Promise<ReadAuditLog> {
  const [folder, name] = [dirname(paths.auditLog), basename(paths.auditLog)];
  const names = (await files.list(folder)).filter(
    (it) => it === name || (/^[.-]\d/.test(it.slice(name.length)) && it.startsWith(name)),
  );
  const all = await Promise.all(
    names.map(async (it) => textOf((await files.read(join(folder, it))) ?? new Uint8Array())),
  );
  const lines = all.flatMap((text) => text.split("\n")).filter((it) => it !== "");
  const entries = lines.flatMap((it) => readEntry(it) ?? []);
  return { entries: onceEach(entries), unreadable: lines.length - entries.length };
}

/** While logrotate packs a file it is there twice. */
function onceEach(entries: readonly AuditEntry[]): AuditEntry[] {
  return [...new Map(entries.map((it) => [`${it.entry} ${it.id}`, it])).values()];
}

/** logrotate packs with gzip: what it has not finished, or never will, is read as far as it goes. */
async function textOf(bytes: Uint8Array): Promise<string> {
  const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (!isPacked) return Buffer.from(bytes).toString("utf8");
  const unpacked = promisify<Uint8Array, ZlibOptions, Buffer>(gunzip)(bytes, { finishFlush: constants.Z_SYNC_FLUSH });
  return (await unpacked.catch(() => Buffer.from(DAMAGED))).toString("utf8");
}

/** A line that is no entry. */
const DAMAGED = "damaged";

function readEntry(text: string): AuditEntry | undefined {
  const parsed = v.safeParse(line, parseJson(text));
  if (!parsed.success) return undefined;
  const { output } = parsed;
  switch (output.entry) {
    case "begin": {
      const { dry_run: dryRun, ...begun } = output;
      return { ...begun, dryRun };
    }
    case "end": {
      const { exit_code: exitCode, ...ended } = output;
      return { ...ended, exitCode };
    }
    default:
      return output;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
