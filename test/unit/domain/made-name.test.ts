import fc from "fast-check";
import { expect, test } from "vitest";
import { makeUnique, makeUserName } from "../../../src/domain/made-name.ts";
import { isUserName } from "../../../src/domain/user.ts";

test.each([
  ["alice", "alice"],
  ["Jörg Müller", "Jorg-Muller"],
  ["_ben", "ben"],
  ["=cmd|' /C calc'!A0", "cmd-C-calc-A0"],
  ["a".repeat(40), "a".repeat(32)],
  ["Мария", undefined],
  ["", undefined],
])("of %j becomes %j", (text, name) => {
  expect(makeUserName(text)).toBe(name);
});

test("a made name is valid, and unique whatever is taken", () => {
  const texts = fc.oneof(fc.string({ unit: "grapheme", maxLength: 60 }), fc.constantFrom("A".repeat(32), "a", "a-2"));
  fc.assert(
    fc.property(fc.array(texts), (all) => {
      const taken = new Set<string>();
      for (const text of all) {
        const name = makeUnique(makeUserName(text) ?? "imported", taken);
        expect(isUserName(name)).toBe(true);
        expect(taken.has(name.toLowerCase())).toBe(false);
        taken.add(name.toLowerCase());
      }
    }),
  );
});
