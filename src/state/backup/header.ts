import { createHash } from "node:crypto";
import { AppError } from "../../domain/errors.ts";
import { isObject, type JsonObject } from "../fields.ts";
import type { Encryption } from "./encryption.ts";

/**
 * A backup is one file: the line `MTPROXY-BACKUP`, one line of JSON (the header, in clear, without any key) and the payload, whose
 * length and SHA-256 the header names. The payload is gzip of a JSON text with every file (payload.ts), encrypted or not.
 */
export interface BackupInfo {
  /** ISO 8601. */
  readonly createdAt: string;
  /** Why it was made, a few words. */
  readonly reason: string;
  /** Made by another command before it changed something, not asked for: what `--keep` may remove. */
  readonly automatic: boolean;
}

export interface Header extends BackupInfo {
  readonly encryption?: Encryption | undefined;
  /** Length of the payload. */
  readonly bytes: number;
  /** Of the payload, hex. */
  readonly sha256: string;
}

/** A backup taken apart, its payload found whole. */
export interface Opened {
  readonly header: Header;
  readonly payload: Uint8Array;
}

const MAGIC = "MTPROXY-BACKUP\n";
const VERSION = 1;
/** No header is longer. */
const MAX_HEADER = 4096;

/** What stands in the header before the payload is known; an encrypted payload is bound to it. */
export function headerStart(
  { createdAt, reason, automatic }: BackupInfo,
  encryption: Encryption | undefined,
): JsonObject {
  return { version: VERSION, created_at: createdAt, reason, automatic, encryption: encryption ?? null };
}

export function joinBackup(info: BackupInfo, encryption: Encryption | undefined, payload: Uint8Array): Uint8Array {
  const header = { ...info, encryption, bytes: payload.length, sha256: sha256(payload) };
  return Buffer.concat([Buffer.from(`${MAGIC}${lineOf(header)}\n`), payload]);
}

/** @throws AppError invalid for what is no backup, is cut off, was changed, or is from a newer mtproxy */
export function splitBackup(content: Uint8Array, path: string): Opened {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.length);
  if (bytes.subarray(0, MAGIC.length).toString("latin1") !== MAGIC) throw noBackup(path);
  const end = bytes.indexOf("\n", MAGIC.length);
  if (end < 0 || end > MAX_HEADER) throw damaged(path, "its header is cut off or was changed");
  const header = parseHeader(bytes.subarray(MAGIC.length, end).toString("utf8"), path);
  const payload = bytes.subarray(end + 1);
  if (payload.length < header.bytes)
    throw damaged(path, `it is cut off: ${payload.length} of ${header.bytes} bytes are there`);
  if (payload.length > header.bytes || sha256(payload) !== header.sha256)
    throw damaged(path, "its contents were changed since it was made");
  return { header, payload };
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export function damaged(path: string, fault: string): AppError {
  return new AppError("invalid", `${path} is damaged: ${fault}`, {
    hint: "nothing was changed; take another copy: mtproxy backup list",
  });
}

function noBackup(path: string): AppError {
  return new AppError("invalid", `${path} is no backup of mtproxy`, {
    hint: "nothing was changed; mtproxy backup list shows those that are here",
  });
}

function lineOf(header: Header): string {
  return JSON.stringify({
    ...headerStart(header, header.encryption),
    bytes: header.bytes,
    sha256: header.sha256,
  });
}

/** Exactly what we write: written again it must be the same line. */
function parseHeader(line: string, path: string): Header {
  const fields = parseLine(line, path);
  refuseNewer(fields, path);
  const header = {
    createdAt: String(fields.created_at),
    reason: String(fields.reason),
    automatic: fields.automatic === true,
    encryption: isObject(fields.encryption) ? (fields.encryption as unknown as Encryption) : undefined,
    bytes: Number(fields.bytes),
    sha256: String(fields.sha256),
  };
  if (lineOf(header) !== line || !Number.isSafeInteger(header.bytes)) throw damaged(path, "its header was changed");
  return header;
}

function parseLine(line: string, path: string): JsonObject {
  try {
    const fields: unknown = JSON.parse(line);
    if (isObject(fields)) return fields;
  } catch {
    // The same words as for a header that is no object.
  }
  throw damaged(path, "its header was changed");
}

function refuseNewer({ version }: JsonObject, path: string): void {
  if (version === VERSION) return;
  if (typeof version !== "number" || version < VERSION) throw damaged(path, "its header was changed");
  throw new AppError(
    "invalid",
    `${path} was made by a newer mtproxy: it has version ${version}, this one reads ${VERSION}`,
    {
      hint: "nothing was changed; install the mtproxy that made it, or a newer one",
    },
  );
}
