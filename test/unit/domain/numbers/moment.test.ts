import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseMoment } from "../../../../src/domain/numbers/moment.ts";

const now = new Date("2026-11-21T12:00:00Z");
const at = (text: string) => new Date(parseMoment(text, now)).toISOString();

describe("a moment", () => {
  test.each([
    ["7d", "2026-11-14T12:00:00.000Z"],
    ["24h", "2026-11-20T12:00:00.000Z"],
    ["90m", "2026-11-21T10:30:00.000Z"],
    ["2w", "2026-11-07T12:00:00.000Z"],
    ["2026-11-01", "2026-11-01T00:00:00.000Z"],
    ["2026-11-01T18:00Z", "2026-11-01T18:00:00.000Z"],
    ["2026-11-01T18:00:30.5+02:00", "2026-11-01T16:00:30.500Z"],
    [" 2026-11-01 ", "2026-11-01T00:00:00.000Z"],
  ])("is read from %s", (text, instant) => expect(at(text)).toBe(instant));

  test("is the same in milliseconds", () => {
    const moments = fc.date({
      min: new Date("2001-10-01T00:00:00Z"),
      max: new Date("2100-01-01T00:00:00Z"),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(moments, (moment) => {
        expect(parseMoment(String(moment.getTime()), now)).toBe(moment.getTime());
        expect(parseMoment(moment.toISOString(), now)).toBe(moment.getTime());
      }),
    );
  });

  test.each(["", "yesterday", "7", "2026-02-30", "2026-13-01T00:00Z", "-7d", "0d", "20260101", "7d 3h"])(
    "is not %j, and says what would be one",
    (text) => expect(() => parseMoment(text, now)).toThrow(expect.objectContaining({ kind: "invalid" })),
  );
});
