import { AppError } from "../../domain/errors.ts";
import { isObject, type JsonObject } from "../fields.ts";

const COMMENT = /("(?:[^"\\]|\\.)*")|\/\*[\s\S]*?\*\/|\/\/[^\n]*|#[^\n]*/g;

/** A JSON object with comments as V2Ray takes them; undefined for anything else. */
export function readJson(text: string): JsonObject | undefined {
  const plain = text.replace(/^\uFEFF/, "");
  if (!/^\s*(\{|\/\/|\/\*|#)/.test(plain)) return undefined;
  return parsed(plain) ?? parsed(plain.replace(COMMENT, (_, kept: string | undefined) => kept ?? ""));
}

/** For a format that somebody named. */
export function needJson(text: string): JsonObject {
  const document = readJson(text);
  if (document !== undefined) return document;
  throw new AppError("invalid", "the file is not a JSON object", {
    hint: "nothing was changed; correct the file, or name its kind with --from",
  });
}

function parsed(text: string): JsonObject | undefined {
  try {
    const document: unknown = JSON.parse(text);
    return isObject(document) ? document : undefined;
  } catch {
    return undefined;
  }
}
