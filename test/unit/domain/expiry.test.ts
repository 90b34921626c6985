import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatInstant, hasPassed, parseDuration, parseExpiry, readDuration } from "../../../src/domain/expiry.ts";

const now = new Date("2026-11-21T08:00:00.000Z");
const DAY = 86_400_000;

describe("a length of time", () => {
  test.each([
    ["90m", 90 * 60_000],
    ["12h", DAY / 2],
    ["30d", 30 * DAY],
    ["2W", 14 * DAY],
  ])("is read from %s", (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  test.each(["", "0d", "30", "d", "-1d", "1.5d", "3651d", "1y", "30 d d"])("is not %j", (text) => {
    expect(() => parseDuration(text)).toThrow(/is not a length of time/);
  });
});

describe("an end", () => {
  test.each([
    ["30d", "2026-12-21T08:00:00.000Z"],
    ["2026-12-31", "2027-01-01T00:00:00.000Z"],
    ["2026-11-21", "2026-11-22T00:00:00.000Z"],
    ["2026-12-31T18:00Z", "2026-12-31T18:00:00.000Z"],
    ["2026-12-31T18:00:30+03:30", "2026-12-31T14:30:30.000Z"],
    ["never", null],
    ["NEVER", null],
  ])("is read from %s", (text, end) => {
    expect(parseExpiry(text, now)).toBe(end);
  });

  test.each(["2026-11-20", "2026-11-21T08:00Z", "1999-01-01"])("that has passed is refused: %s", (text) => {
    expect(() => parseExpiry(text, now)).toThrow(/has passed already/);
  });

  test.each(["", "soon", "2027-02-30", "2027-13-01", "31.12.2026", "2026-12-31T25:00Z", "2026-12-31 18:00", "30"])(
    "is not %j",
    (text) => {
      expect(() => parseExpiry(text, now)).toThrow(/is not a date/);
    },
  );

  test("is always later than now, and has passed when its time comes and not before", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3650 }), fc.constantFrom("m", "h", "d"), (count, unit) => {
        const end = parseExpiry(`${count}${unit}`, now);
        if (end === null) return expect.fail("that is no end");
        expect(Date.parse(end) - now.getTime()).toBe(readDuration(`${count}${unit}`));
        expect(hasPassed(end, new Date(Date.parse(end) - 1))).toBe(false);
        expect(hasPassed(end, new Date(end))).toBe(true);
      }),
    );
  });

  test("is refused or understood, whatever is typed", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseExpiry(text, now);
        } catch (error) {
          expect(error).toMatchObject({ kind: "invalid" });
        }
      }),
    );
  });

  test("is told to people to the minute", () => {
    expect(formatInstant("2026-12-31T14:30:30+03:30")).toBe("2026-12-31 11:00 UTC");
  });
});
