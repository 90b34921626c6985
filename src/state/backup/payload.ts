import { gunzipSync, gzipSync } from "node:zlib";
import { isObject, type JsonObject } from "../fields.ts";
import { type BackupInfo, damaged, sha256 } from "./header.ts";

/** One file of a home. */
export interface SavedFile {
  /** Relative to the home. */
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  readonly content: Uint8Array;
}

/** Everything that a backup holds. */
export interface Backup extends BackupInfo {
  readonly files: readonly SavedFile[];
}

/** Far more than any home has. */
const MAX_BYTES = 512 * 1024 * 1024;

/** gzip of `{created_at, reason, automatic, files: [{path, mode, bytes, sha256, content}]}`, contents in base64. */
export function packPayload({ createdAt, reason, automatic, files }: Backup): Uint8Array {
  const text = JSON.stringify({ created_at: createdAt, reason, automatic, files: files.map(entryOf) });
  return gzipSync(text);
}

/** @throws AppError invalid unless every file is as the manifest says, and the manifest as the header */
export function unpackPayload(payload: Uint8Array, info: BackupInfo, path: string): Backup {
  const document = parse(payload, path);
  const files = Array.isArray(document.files) ? document.files : [];
  const { created_at, reason, automatic } = document;
  if (created_at !== info.createdAt || reason !== info.reason || automatic !== info.automatic)
    throw damaged(path, "its header was changed");
  const { createdAt } = info;
  return {
    createdAt,
    reason: info.reason,
    automatic: info.automatic,
    files: files.map((entry) => fileOf(entry, path)),
  };
}

function entryOf({ path, mode, content }: SavedFile): JsonObject {
  return {
    path,
    mode,
    bytes: content.length,
    sha256: sha256(content),
    content: Buffer.from(content).toString("base64"),
  };
}

function fileOf(entry: unknown, path: string): SavedFile {
  const { path: name, mode, bytes, sha256: digest, content } = isObject(entry) ? entry : {};
  const data = Buffer.from(String(content), "base64");
  if (typeof name !== "string" || typeof mode !== "number") throw damaged(path, "its list of files is not complete");
  if (data.length !== bytes || sha256(data) !== digest) throw damaged(path, `${name} in it is not as it was saved`);
  return { path: name, mode, content: data };
}

function parse(payload: Uint8Array, path: string): JsonObject {
  try {
    const document: unknown = JSON.parse(gunzipSync(payload, { maxOutputLength: MAX_BYTES }).toString("utf8"));
    if (isObject(document)) return document;
  } catch {
    // The same words as for a text that is no object.
  }
  throw damaged(path, "its contents cannot be read");
}
