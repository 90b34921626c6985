import { Key } from "../domain/key.ts";
import { parseSecret, type Secret } from "../domain/secret.ts";

const CANONICAL = /^(dd|ee)?([0-9a-f]{32})((?:[0-9a-f]{2})*)$/;

/** Cover domains that were read before: thousands of secrets share a few. */
const domains = new Map<string, string>();

/**
 * Reads a secret from a file. What we write ourselves is read the short way, which matters with 10,000 users; everything else as
 * people paste it.
 * @throws AppError invalid
 */
export function readSecret(text: string): Secret {
  const [, prefix, digits = "", rest = ""] = CANONICAL.exec(text) ?? [];
  if (prefix === "dd" && rest === "") return { mode: "padded", key: Key.parse(digits) };
  const domain = prefix === "ee" ? domains.get(rest) : undefined;
  if (domain !== undefined) return { mode: "fake-tls", key: Key.parse(digits), domain };
  const secret = parseSecret(text);
  if (secret.mode === "fake-tls" && prefix === "ee") domains.set(rest, secret.domain);
  return secret;
}
