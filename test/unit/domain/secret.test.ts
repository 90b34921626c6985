import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppError } from "../../../src/domain/errors.ts";
import { Key } from "../../../src/domain/key.ts";
import {
  type Mode,
  makeSecret,
  maskSecret,
  parseSecret,
  revealSecret,
  type Secret,
  sameSecret,
} from "../../../src/domain/secret.ts";

const DIGITS = "1a2b3c4d5e6f708192a3b4c5d6e74b5c";
const key = Key.parse(DIGITS);

const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/);
const domains = fc.tuple(label, fc.constantFrom("com", "org", "example")).map((parts) => parts.join("."));
const secrets = fc
  .tuple(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.constantFrom<Mode>("plain", "padded", "fake-tls"), domains)
  .map(([bytes, mode, domain]): Secret => makeSecret(mode, Key.fromBytes(bytes), domain));

describe("a secret", () => {
  it.each([
    ["plain", makeSecret("plain", key), DIGITS],
    ["padded", makeSecret("padded", key), `dd${DIGITS}`],
    ["fake-TLS", makeSecret("fake-tls", key, "google.com"), `ee${DIGITS}676f6f676c652e636f6d`],
  ])("prints the client form of %s", (_, secret, text) => {
    expect(revealSecret(secret)).toBe(text);
  });

  it("lower-cases the domain, which the proxy compares byte for byte", () => {
    expect(revealSecret(makeSecret("fake-tls", key, "Google.COM"))).toBe(`ee${DIGITS}676f6f676c652e636f6d`);
  });

  it("is masked so that it can be recognised and not used", () => {
    expect(maskSecret(makeSecret("padded", key))).toBe("dd1a2b...4b5c");
    expect(maskSecret(makeSecret("fake-tls", key, "google.com"))).toBe("ee1a2b...676f6f676c652e636f6d");
  });

  it("survives every form that people paste", () => {
    fc.assert(
      fc.property(secrets, fc.boolean(), fc.nat(60), (secret, upper, cut) => {
        const hex = revealSecret(secret);
        const base64 = Buffer.from(hex, "hex").toString("base64");
        const broken = `${hex.slice(0, cut)} \n${hex.slice(cut)}`;
        for (const form of [
          upper ? hex.toUpperCase() : hex,
          base64,
          base64.replace(/=+$/, ""),
          Buffer.from(hex, "hex").toString("base64url"),
          broken,
        ]) {
          expect(sameSecret(parseSecret(form), secret)).toBe(true);
        }
      }),
    );
  });

  it.each([
    ["nothing", "", /empty/],
    ["dd and 34 digits", `dd${DIGITS}00`, /dd secret is dd and 32 hex digits; this one has 34/],
    ["ee without a domain", `ee${DIGITS}`, /ee secret/],
    ["34 digits that start with neither", `aa${DIGITS}`, /plain secret/],
    ["an ee secret whose domain is none", `ee${DIGITS}2f2f`, /not a domain name/],
    ["words", "hello world!", /hex or base64/],
  ])("refuses %s and says why", (_, text, reason) => {
    expect(() => parseSecret(text)).toThrow(reason);
  });

  it("takes 32 digits for a plain key even where they begin with dd, as every client does", () => {
    expect(parseSecret(`dd${DIGITS.slice(2)}`).mode).toBe("plain");
  });

  it("answers garbage with an error of its own that repeats no digits", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f]{1,80}$/)), (text) => {
        try {
          parseSecret(text);
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
          if (text.length >= 16 && /^[0-9a-f]+$/.test(text)) expect(String(error)).not.toContain(text.slice(0, 16));
        }
      }),
    );
  });
});
