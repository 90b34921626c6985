import { isMeantAsLink, type Link, parseLink } from "../../domain/link.ts";
import { parseSecret, revealSecret } from "../../domain/secret.ts";
import { type FoundSecret, SPELLING } from "./source.ts";

/**
 * A secret or a whole link as clients have it.
 * @throws AppError invalid
 */
export function readClientText(text: string): Pick<FoundSecret, "secret" | "otherLink" | "server" | "port"> {
  if (!isMeantAsLink(text) || isBase64(text)) return readClientSecret(text);
  const { server, port, secret }: Link = parseLink(text);
  const given = new URLSearchParams(text.slice(text.indexOf("?")).replace(/\+/g, "%2B")).get("secret") ?? "";
  return { ...withSpelling(secret, given), server, port };
}

/** @throws AppError invalid */
export function readClientSecret(text: string): Pick<FoundSecret, "secret" | "otherLink"> {
  return withSpelling(parseSecret(text), text);
}

/** A link of base64 has slashes and equals signs too. */
function isBase64(text: string): boolean {
  return /^[A-Za-z0-9+/_-]+={0,2}$/.test(text);
}

/** Whether the bytes of the text are those that we would hand out. */
function withSpelling(secret: FoundSecret["secret"], text: string): Pick<FoundSecret, "secret" | "otherLink"> {
  const ours = revealSecret(secret);
  const compact = text.replace(/\s+/g, "");
  const theirs = /^[0-9a-f]+$/i.test(compact) ? compact.toLowerCase() : Buffer.from(compact, "base64").toString("hex");
  return ours === theirs ? { secret } : { secret, otherLink: SPELLING };
}
