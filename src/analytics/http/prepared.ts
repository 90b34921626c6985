import { createHash } from "node:crypto";
import { snakeCase } from "../../ui/snake-case.ts";

/** An answer as it is sent. */
export interface Prepared {
  readonly body: Buffer;
  /** Strong, quotes included. */
  readonly etag: string;
}

export function prepareJson(answer: object): Prepared {
  return prepare(Buffer.from(snakeCase(JSON.stringify(answer))));
}

export function prepare(body: Buffer): Prepared {
  return { body, etag: `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"` };
}

/** Whether a client that sent this If-None-Match has it already (RFC 9110 §13.1.2: compared weakly). */
export function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(",").some((it) => ["*", etag].includes(it.trim().replace(/^W\//, "")));
}
