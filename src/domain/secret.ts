import { fromHex, toHex } from "./bytes.ts";
import { parseCoverDomain } from "./cover-domain.ts";
import { AppError } from "./errors.ts";
import { Key } from "./key.ts";

/** How a client talks to the proxy: classic obfuscated2, with random padding (dd), or inside imitated TLS (ee). */
export type Mode = "plain" | "padded" | "fake-tls";

/** What a client gets: a key, and for fake-TLS the cover domain it names in SNI. */
export type Secret = { readonly mode: "plain" | "padded"; readonly key: Key } | FakeTlsSecret;

export interface FakeTlsSecret {
  readonly mode: "fake-tls";
  readonly key: Key;
  readonly domain: string;
}

export function makeSecret(mode: Mode, key: Key, domain?: string): Secret {
  if (mode !== "fake-tls") return { mode, key };
  if (domain === undefined) throw new AppError("invalid", "a fake-TLS secret needs a cover domain");
  return { mode, key, domain: parseCoverDomain(domain) };
}

/** The client form, lower case: key, `dd` + key, or `ee` + key + hex of the domain. This is the key in clear. */
export function revealSecret(secret: Secret): string {
  return prefixes[secret.mode] + secret.key.reveal() + suffixOf(secret);
}

/** Enough to recognise a secret, not enough to use it: `dd1a2b...4b5c`, and `ee1a2b...` with the domain in hex. */
export function maskSecret(secret: Secret): string {
  const digits = secret.key.reveal();
  return `${prefixes[secret.mode]}${digits.slice(0, 4)}...${secret.mode === "fake-tls" ? suffixOf(secret) : digits.slice(-4)}`;
}

export function domainOf(secret: Secret): string | undefined {
  return secret.mode === "fake-tls" ? secret.domain : undefined;
}

export function sameSecret(a: Secret, b: Secret): boolean {
  return a.mode === b.mode && a.key.equals(b.key) && domainOf(a) === domainOf(b);
}

/**
 * Reads every form that people paste: hex in either case, base64 and base64url, with blanks and line breaks inside.
 * @throws AppError invalid, saying what is wrong without repeating the digits
 */
export function parseSecret(text: string): Secret {
  const compact = text.replace(/\s+/g, "");
  if (compact === "") throw new AppError("invalid", "the secret is empty");
  const bytes = fromHex(compact) ?? fromBase64(compact);
  if (bytes === undefined) throw new AppError("invalid", "a secret is hex or base64, this is neither");
  return fromSecretBytes(bytes);
}

function fromSecretBytes(bytes: Uint8Array): Secret {
  const rest = bytes.subarray(1);
  if (bytes.length === 16) return { mode: "plain", key: Key.fromBytes(bytes) };
  if (bytes[0] === 0xdd && rest.length === 16) return { mode: "padded", key: Key.fromBytes(rest) };
  if (bytes[0] === 0xdd) throw wrongLength("a dd secret", "dd and 32 hex digits", rest.length);
  if (bytes[0] !== 0xee) throw wrongLength("a plain secret", "32 hex digits", bytes.length);
  if (rest.length <= 16) throw wrongLength("an ee secret", "ee, 32 hex digits and the domain in hex", rest.length);
  return { mode: "fake-tls", key: Key.fromBytes(rest.subarray(0, 16)), domain: domainFrom(rest.subarray(16)) };
}

/** What stands in the domain's place is not repeated: of a mistyped secret it may be digits of the key. */
function domainFrom(bytes: Uint8Array): string {
  try {
    return parseCoverDomain(new TextDecoder("latin1").decode(bytes));
  } catch {
    throw new AppError("invalid", "what follows the key in an ee secret is not a domain name", {
      hint: "ask for the link again: part of it was lost or doubled on the way",
    });
  }
}

function wrongLength(what: string, rule: string, bytes: number): AppError {
  return new AppError("invalid", `${what} is ${rule}; this one has ${2 * bytes} digits where its key should be`, {
    hint: "ask for the link again: part of it was lost on the way",
  });
}

function fromBase64(text: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return undefined;
  try {
    const binary = atob(text.replace(/-/g, "+").replace(/_/g, "/").replace(/=+$/, ""));
    return Uint8Array.from(binary, (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

const prefixes: Readonly<Record<Mode, string>> = { plain: "", padded: "dd", "fake-tls": "ee" };

/** Hex of cover domains: thousands of secrets share a few. */
const hexOfDomain = new Map<string, string>();

function suffixOf(secret: Secret): string {
  if (secret.mode !== "fake-tls") return "";
  const hex = hexOfDomain.get(secret.domain) ?? toHex(new TextEncoder().encode(secret.domain));
  hexOfDomain.set(secret.domain, hex);
  return hex;
}
