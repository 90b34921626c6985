import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseNote, parseTags } from "../../../src/domain/user-labels.ts";
import { redactKeys } from "../../../src/ui/redaction.ts";
import { numberedKey } from "../../support/domain.ts";

describe("a note", () => {
  test.each([
    "cousin of bob",
    "+98 912 345 6789",
    "989123456789 after 18:00",
    "мама",
    "مادر بزرگ",
    "https://example.com/a?b=c",
  ])("may be %j", (text) => {
    expect(parseNote(` ${text} `)).toBe(text);
  });

  test("that is empty is none", () => {
    expect(parseNote("  ")).toBeUndefined();
  });

  test("holds no key, bare or in a link", () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.constantFrom("", "dd", "tg://proxy?server=x&port=1&secret=dd"), (number, before) => {
        expect(() => parseNote(`keep: ${before}${numberedKey(number).reveal()}`)).toThrow(/may hold a key/);
      }),
    );
  });

  test("that is taken is never what the gate before a screen stops", () => {
    const key = numberedKey(7).reveal();
    const parts = fc.array(fc.constantFrom(key, key.slice(0, 16), key.slice(16), " ", "a", "+49"), { maxLength: 5 });
    fc.assert(
      fc.property(parts, (texts) => {
        const note = taken(texts.join(""));
        if (note !== undefined) expect(redactKeys(note)).toBe(note);
      }),
    );
  });

  test.each(["word ".repeat(41), "two\nlines", "\u202etxt"])("is not %j", (text) => {
    expect(() => parseNote(text)).toThrow(/one line/);
  });
});

describe("tags", () => {
  test("are kept once each, in their order", () => {
    expect(parseTags(["school", " berlin ", "school", "семья", "۱۴۰۵"])).toEqual(["school", "berlin", "семья", "۱۴۰۵"]);
  });

  test.each(["", "two words", "-x", "a".repeat(33), numberedKey(3).reveal()])("are not %j", (text) => {
    expect(() => parseTags([text])).toThrow(/is not a tag/);
  });

  test("are not without number", () => {
    expect(() => parseTags(Array.from({ length: 17 }, (_, index) => `t${index}`))).toThrow(/at most 16/);
  });
});

function taken(text: string): string | undefined {
  try {
    return parseNote(text);
  } catch {
    return undefined;
  }
}
