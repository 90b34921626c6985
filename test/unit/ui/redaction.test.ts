import fc from "fast-check";
import { expect, test } from "vitest";
import { Key } from "../../../src/domain/key.ts";
import { redactKeys } from "../../../src/ui/redaction.ts";

const digits = (letters: string, length: number) =>
  fc.string({ unit: fc.constantFrom(...letters), minLength: length, maxLength: length });
const key = digits("0123456789abcdef", 31).map((rest) => `0${rest}`);

test("no held key survives, wherever it stands in whatever text", () => {
  fc.assert(
    fc.property(fc.array(key, { minLength: 1 }), fc.string(), digits("0af", 5), (keys, words, glue) => {
      for (const key of keys) Key.parse(key);
      const text = keys.map((key) => `${glue}${key}${glue}${words}`).join("");
      const redacted = redactKeys(text);
      for (const key of keys) expect(redacted).not.toContain(key);
    }),
  );
});

test("text without a held key stays as it is", () => {
  fc.assert(
    fc.property(fc.string(), digits("123abcdef", 40), (words, hex) => {
      const text = `${words} ${hex}`;
      expect(redactKeys(text)).toBe(text);
    }),
  );
});
