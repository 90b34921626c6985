import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppError } from "../../../src/domain/errors.ts";
import { Key } from "../../../src/domain/key.ts";
import { parsePort } from "../../../src/domain/port.ts";
import { shown, withoutDigits } from "../../../src/domain/printable.ts";
import { makeSecret, revealSecret } from "../../../src/domain/secret.ts";
import { findUser, parseUserName } from "../../../src/domain/user.ts";

const keys = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Key.fromBytes(bytes));
const around = fc.stringMatching(/^[ .:"']{0,20}$/);

describe("text that an error repeats", () => {
  it("is cut to its length", () => {
    expect(shown("x".repeat(40))).toBe("x".repeat(40));
    expect(shown("a b ".repeat(100))).toHaveLength(40);
    expect(shown("a b ".repeat(100))).toMatch(/…$/);
    expect(shown("bob smith", 5)).toBe("bob …");
  });

  it("steers no terminal", () => {
    expect(shown("a\nb\u001b[2Jc\u202ed\u2028e\u0085f")).toBe("a?b?[2Jc?d?e?f");
    expect(shown("Ж é 家")).toBe("Ж é 家");
  });

  it("holds no key, in whatever form it was pasted", () => {
    fc.assert(
      fc.property(keys, fc.boolean(), around, around, (key, isTls, before, after) => {
        const hex = revealSecret(isTls ? makeSecret("fake-tls", key, "a.example") : makeSecret("padded", key));
        const said = shown(before + hex + after, 200) + shown(before + hex.toUpperCase() + after, 200);
        expect(said).not.toMatch(/[0-9a-f]{12}/i);
      }),
    );
  });

  it.each(["base64", "base64url"] as const)("holds no key in %s", (form) => {
    // Of ten thousand random ones: what is told from words by its looks may look like words once in a while.
    const leaks = Array.from({ length: 10_000 }, (_, seed) => {
      const bytes = Buffer.from(`dd${numbered(seed)}`, "hex");
      return withoutDigits(bytes.toString(form)) !== "[digits]";
    });
    expect(leaks.filter(Boolean).length).toBeLessThan(20);
  });

  it.each(["Grandmother-Elizabeth1952", "mtproxy_fake_tls_domain", "https://core.telegram.org/getProxySecret"])(
    "keeps the words of %s",
    (text) => {
      expect(withoutDigits(text)).toBe(text);
    },
  );
});

describe("no digits of a key are in the error for", () => {
  const digits = "1a2b3c4d5e6f708192a3b4c5d6e74b5c";
  it.each([
    ["a user that is not there", () => findUser([{ name: "alice" }], `dd${digits}`)],
    ["a user name that is none", () => parseUserName(`dd${digits}`)],
    ["a port", () => parsePort(digits)],
  ])("%s", (_, work) => {
    expect(work).toThrow(AppError);
    expect(work).not.toThrow(/[0-9a-f]{12}/i);
  });

  it("a user that is not there, who is named in 40 characters", () => {
    expect(() => findUser([{ name: "alice" }], "no ".repeat(1000))).toThrow(/^there is no user "[^"]{40}"$/);
  });
});

/** 32 digits as random as a key's, the same in each run. */
function numbered(seed: number): string {
  let state = seed + 1;
  return Array.from({ length: 16 }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 24).toString(16).padStart(2, "0");
  }).join("");
}
