import { createHash } from "node:crypto";
import { AppError } from "./errors.ts";
import { maskSecret, parseSecret, revealSecret, type Secret, sameSecret } from "./secret.ts";

/** A secret that belongs to no user: everyone who was given it shares it. */
export interface SharedSecret {
  readonly secret: Secret;
  readonly active: boolean;
  readonly description?: string;
  /** ISO 8601. */
  readonly createdAt?: string;
}

/** A shared secret and its place in the list, counted from 1. */
export interface NumberedSecret extends SharedSecret {
  readonly number: number;
  readonly id: string;
}

const ID = /^s[0-9a-f]{6}$/;

/** Names a shared secret for good, whatever its place in the list: `s` and six hex digits, from which no key can be found. */
export function sharedSecretId(secret: Secret): string {
  return `s${createHash("sha256")
    .update(`shared secret ${revealSecret(secret)}`)
    .digest("hex")
    .slice(0, 6)}`;
}

export function numbered(secrets: readonly SharedSecret[]): NumberedSecret[] {
  return secrets.map((entry, index) => ({ ...entry, number: index + 1, id: sharedSecretId(entry.secret) }));
}

/**
 * The one that is meant: by its number, its id, its masked or its whole secret.
 * @throws AppError not-found, or conflict where two look the same; neither repeats what was typed, which may be a key
 */
export function findSharedSecret(secrets: readonly SharedSecret[], wanted: string): NumberedSecret {
  const text = wanted.trim();
  const found = numbered(secrets).filter(matching(text));
  const [only, second] = found;
  if (only === undefined) throw notFound(secrets.length);
  if (second === undefined || sameSecret(only.secret, second.secret)) return only;
  const ids = found.map(({ number, id }) => `${number} (${id})`).join(", ");
  throw new AppError("conflict", `that fits several shared secrets: ${ids}`, { hint: "name one by its number or id" });
}

function matching(text: string): (entry: NumberedSecret) => boolean {
  if (/^\d{1,4}$/.test(text)) return ({ number }) => number === Number(text);
  if (ID.test(text)) return ({ id }) => id === text;
  if (text.includes("...")) return ({ secret }) => maskSecret(secret) === text.toLowerCase();
  const whole = wholeSecret(text);
  return ({ secret }) => whole !== undefined && sameSecret(secret, whole);
}

function wholeSecret(text: string): Secret | undefined {
  try {
    return parseSecret(text);
  } catch {
    return undefined;
  }
}

function notFound(count: number): AppError {
  if (count === 0)
    return new AppError("not-found", "there is no shared secret", { hint: "mtproxy add-secret makes one" });
  return new AppError("not-found", "there is no such shared secret", {
    hint: "mtproxy list-secrets shows what there is; a number, an id or the masked secret names one",
  });
}
