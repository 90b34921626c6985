import { AppError } from "./errors.ts";
import { shown } from "./printable.ts";

/** The whitelist that a new home starts with, in the order of the original requirements (FR-503). */
export const defaultCoverDomains: readonly string[] = [
  "google.com",
  "cloudflare.com",
  "microsoft.com",
  "aws.amazon.com",
  "azure.microsoft.com",
];

/**
 * Longest name that the C proxy survives: the hello of its probe has 517 bytes, of which 301 are no name, and it aborts at its start
 * where the name does not fit (create_request in net-tcp-rpc-ext-server.c; measured with 216 and 217).
 */
const MAX_LENGTH = 216;
const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;

/**
 * The one spelling of a cover domain: lower-case ASCII, IDN as punycode, no final dot. The C proxy compares SNI byte for byte,
 * so any other spelling in a secret is a dead link.
 * @throws AppError invalid, with the rule
 */
export function parseCoverDomain(text: string): string {
  const domain = toAscii(text.trim().replace(/\.$/, ""));
  const labels = domain.split(".");
  const isAddress = /^[\d.]+$/.test(domain);
  if (domain.length > MAX_LENGTH || labels.length < 2 || isAddress || !labels.every((label) => LABEL.test(label))) {
    throw new AppError("invalid", `"${shown(text, 60)}" is not a domain name`, {
      hint: "give a host name such as www.example.com: no scheme, no port, no path, no address",
    });
  }
  return domain;
}

/** The whitelist file: one domain a line; blank lines and `#` comments are kept by whoever writes it, ignored here. */
export function parseCoverDomainList(text: string): string[] {
  const lines = text.split(/\r?\n/).map((line) => line.replace(/#.*/, "").trim());
  return [...new Set(lines.filter((line) => line !== "").map(parseCoverDomain))];
}

/** A URL loses blanks, and has parts beside the host: text with what could be either is not made a name of. */
const NOT_IN_A_NAME = /[\s\p{C}/\\?#@:]/u;

function toAscii(text: string): string {
  if (/^[\x21-\x7e]*$/.test(text)) return text.toLowerCase();
  if (NOT_IN_A_NAME.test(text)) return text;
  try {
    return new URL(`http://${text}/`).hostname;
  } catch {
    return text;
  }
}
