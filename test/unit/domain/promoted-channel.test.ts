import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseChannelName, parseProxyTag, promotionAdvice } from "../../../src/domain/promoted-channel.ts";

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: length, maxLength: length });

describe("a proxy tag", () => {
  test("is 32 hex digits in either case, blanks around them left out", () => {
    fc.assert(
      fc.property(hex(32), (tag) => {
        expect(parseProxyTag(` ${tag.toUpperCase()}\n`)).toBe(tag);
      }),
    );
  });

  test("is nothing else, and no refusal repeats what may be a key", () => {
    const other = fc.oneof(
      fc.string(),
      hex(31),
      hex(33),
      hex(34),
      hex(66).map((digits) => `ee${digits}`),
    );
    fc.assert(
      fc.property(
        other.filter((text) => !/^[0-9a-f]{32}$/i.test(text.trim())),
        (text) => {
          let message = "taken";
          try {
            parseProxyTag(text);
          } catch (error) {
            message = String(error);
          }
          expect(message).toMatch(/tag/);
          expect(message).not.toMatch(/[0-9a-f]{12}/i);
        },
      ),
    );
  });

  test.each([
    ["a dd secret", `dd${"1a".repeat(16)}`, /a secret .*dd and 32 digits/],
    ["an ee secret", `ee${"1a".repeat(16)}676f6f676c652e636f6d`, /a secret .*ee and 52 digits/],
    ["34 digits, as in old instructions", `7f${"0".repeat(30)}7f`, /has 32 hex digits, this has 34/],
    ["a channel's name", "@mytechchannel", /"@mytechchannel" is a channel.* chosen in the bot/],
    ["a channel's name without its @", "mytechchannel", /is a channel/],
    ["a channel's link", "https://t.me/mytechchannel", /is a channel/],
    ["a channel's id", "-1001234567890", /the id of a channel/],
    ["nothing", "  ", /is empty/],
    ["something else", "hello world", /"hello world" is not a proxy tag/],
  ])("is not %s, with the reason", (_, text, reason) => {
    expect(() => parseProxyTag(text)).toThrow(
      expect.objectContaining({ kind: "invalid", message: expect.stringMatching(reason) }),
    );
  });
});

describe("a channel's name", () => {
  test.each(["mytechchannel", "@mytechchannel", " https://t.me/mytechchannel/ ", "t.me/mytechchannel"])(
    "is read from %j",
    (text) => {
      expect(parseChannelName(text)).toBe("@mytechchannel");
    },
  );

  test.each(["", "@abc", "@1abc", "two words", "@имя_канала", `@${"a".repeat(33)}`])("is not %j", (text) => {
    expect(() => parseChannelName(text)).toThrow(/public channel/);
  });
});

test("the geography of the bot is only said to be useless behind the edge", () => {
  expect(promotionAdvice(true).join()).toContain("geography");
  expect(promotionAdvice(false).join()).not.toContain("geography");
});
