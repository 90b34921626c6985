import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppError } from "../../../src/domain/errors.ts";
import { Key } from "../../../src/domain/key.ts";
import { makeSecret, maskSecret, revealSecret } from "../../../src/domain/secret.ts";
import { findSharedSecret, numbered, type SharedSecret, sharedSecretId } from "../../../src/domain/shared-secret.ts";
import { numberedKey } from "../../support/domain.ts";

const shared = (secret: SharedSecret["secret"]): SharedSecret => ({ secret, active: true });
const list = [
  shared(makeSecret("padded", numberedKey(1))),
  shared(makeSecret("plain", numberedKey(2))),
  shared(makeSecret("fake-tls", numberedKey(3), "cover.example")),
];

describe("a shared secret is found by", () => {
  it.each([0, 1, 2])("number, id, masked secret and whole secret (entry %i)", (index) => {
    const { secret } = list[index] ?? shared(makeSecret("plain", numberedKey(9)));
    const whole = revealSecret(secret);
    const base64 = Buffer.from(whole, "hex").toString("base64url");
    for (const wanted of [
      String(index + 1),
      sharedSecretId(secret),
      maskSecret(secret),
      whole,
      whole.toUpperCase(),
      base64,
    ])
      expect([wanted, findSharedSecret(list, wanted).number]).toEqual([wanted, index + 1]);
  });

  it("nothing else, and the error does not repeat what was typed", () => {
    const digits = numberedKey(8).reveal();
    for (const wanted of ["0", "4", "s000000", "dd0000...0000", `dd${digits}`, "", "alice", digits.slice(0, 30)]) {
      const fault = thrown(() => findSharedSecret(list, wanted));
      expect(fault).toMatchObject({ kind: "not-found", hint: expect.stringContaining("list-secrets") });
      if (wanted.length > 3) expect(fault.message).not.toContain(wanted);
    }
    expect(thrown(() => findSharedSecret([], "1")).hint).toContain("add-secret");
  });

  it("a masked secret that fits two only with their ids named", () => {
    const twins = [makeSecret("fake-tls", numberedKey(3), "cover.example"), twinOf(numberedKey(3).reveal())].map(
      shared,
    );
    const fault = thrown(() =>
      findSharedSecret(twins, maskSecret(twins[0]?.secret ?? makeSecret("plain", numberedKey(1)))),
    );
    expect(fault.kind).toBe("conflict");
    for (const { id } of numbered(twins)) expect(fault.message).toContain(id);
  });
});

it("an id says nothing of the key and differs from one secret to another", () => {
  const key = fc.integer({ min: 0, max: 1e6 }).map(numberedKey);
  fc.assert(
    fc.property(key, key, (a, b) => {
      const [one, other] = [makeSecret("padded", a), makeSecret("plain", b)];
      expect(sharedSecretId(one)).toMatch(/^s[0-9a-f]{6}$/);
      expect(a.reveal()).not.toContain(sharedSecretId(one).slice(1));
      expect(sharedSecretId(one)).not.toBe(sharedSecretId(other));
    }),
    { numRuns: 200 },
  );
});

/** Another secret that looks the same where only four digits are shown. */
function twinOf(digits: string): SharedSecret["secret"] {
  const [first = ""] = [digits.slice(0, 4)];
  return makeSecret("fake-tls", Key.parse(first + "0".repeat(28)), "cover.example");
}

function thrown(work: () => unknown): AppError {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
