import { isUtf8 } from "node:buffer";
import { stripBom } from "jsonfile/utils.js";
import { AppError } from "../domain/errors.ts";
import { withoutDigits } from "../domain/printable.ts";
import type { Files } from "../ports.ts";

/** Far more than 10,000 users need; more is no file of ours. */
const MAX_BYTES = 64 * 1024 * 1024;

/** For whoever meets a file that cannot be read. */
export const NEXT_STEP =
  "correct it by hand, or bring a backup back: mtproxy backup list, then mtproxy backup restore FILE; nothing was changed";

/**
 * The text of a state file as it stands, a byte order mark included; undefined when there is none.
 * @throws AppError invalid for what cannot be a text of ours: too big, binary, a web page
 */
export async function readStateText(files: Files, path: string): Promise<string | undefined> {
  const size = (await files.stat(path))?.size ?? 0;
  if (size > MAX_BYTES) throw unusable(path, `has ${size} bytes, a file of ours never has more than ${MAX_BYTES}`);
  const bytes = await files.read(path);
  return bytes === undefined ? undefined : decode(bytes, path);
}

function decode(bytes: Uint8Array, path: string): string {
  if (!isUtf8(bytes) || bytes.includes(0)) throw unusable(path, "is not a text file (UTF-8)");
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
  if (/^\s*<(!doctype|html|\?xml)/i.test(text.slice(0, 1000))) throw unusable(path, "is a web page");
  return text;
}

/** @throws AppError invalid with the place, never with the text there: it may be a key */
export function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(withoutMark(text));
  } catch (error) {
    throw unusable(path, `is not JSON: ${jsonFault(text, error)}`);
  }
}

/** Windows editors put a byte order mark in front. */
export function withoutMark(text: string): string {
  return stripBom(text);
}

export function unusable(path: string, fault: string, hint = NEXT_STEP): AppError {
  return new AppError("invalid", `${path} ${withoutDigits(fault)}`, { hint });
}

/** V8's own words may quote what stands there, so only the position is taken from them. */
function jsonFault(text: string, error: unknown): string {
  const content = withoutMark(text).trimEnd();
  const message = error instanceof Error ? error.message : "";
  const position = Number(/at position (\d+)/.exec(message)?.[1] ?? Number.NaN);
  if (content === "") return "it is empty";
  if (/unexpected end|unterminated string/i.test(message) || position >= content.length) {
    return "it ends too early, something cut it off";
  }
  if (Number.isNaN(position)) return "there is a word in it that JSON does not know";
  const before = content.slice(0, position).split("\n");
  return `look at line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}
