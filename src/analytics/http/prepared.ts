import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { snakeCase } from "../../ui/snake-case.ts";

/** An answer as it is sent. */
export interface Prepared {
  readonly body: Buffer;
  /** Weak, because the same may be sent compressed; quotes included. */
  readonly etag: string;
  /** Compressed once, however many ask: hundreds of people are a tenth of their bytes then. */
  gzipped(): Promise<Buffer>;
}

/** What fits one packet does not get quicker by being made smaller. */
export const LEAST_COMPRESSED = 1400;

const compress = promisify<Buffer, Buffer>(gzip);

export function prepareJson(answer: object): Prepared {
  return prepare(Buffer.from(snakeCase(JSON.stringify(answer))));
}

export function prepare(body: Buffer): Prepared {
  let gzipped: Promise<Buffer> | undefined;
  return {
    body,
    etag: `W/"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`,
    gzipped: () => {
      gzipped ??= compress(body);
      return gzipped;
    },
  };
}

/** Whether a client that sent this If-None-Match has it already (RFC 9110 §13.1.2: compared weakly). */
export function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const opaque = (tag: string) => tag.trim().replace(/^W\//, "");
  return ifNoneMatch.split(",").some((it) => it.trim() === "*" || opaque(it) === opaque(etag));
}

/** Of an Accept-Encoding header (RFC 9110 §12.5.3). */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  return (acceptEncoding ?? "").split(",").some((it) => /^\s*gzip\s*(;\s*q=(?!0(\.0*)?\s*$)[\d.]+\s*)?$/i.test(it));
}
