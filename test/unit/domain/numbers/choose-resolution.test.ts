import { describe, expect, it } from "vitest";
import { chooseResolution } from "../../../../src/domain/numbers/choose-resolution.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const now = Date.parse("2026-11-21T12:00:00Z");

const chosen = (sinceAgo: number, untilAgo = 0) =>
  chooseResolution({ since: now - sinceAgo, until: now - untilAgo }, now);

describe("the resolution of a time", () => {
  it("is the finest that has at most 2,000 points", () => {
    expect(
      [5 * HOUR, 20 * HOUR, 33 * HOUR, 34 * HOUR, 7 * DAY, 83 * DAY, 84 * DAY, 730 * DAY].map((ago) => chosen(ago)),
    ).toEqual([...["raw", "minute", "minute", "hour", "hour", "hour", "day", "day"]]);
  });

  it("is one that is still kept", () => {
    expect(chosen(47 * HOUR, 46 * HOUR)).toBe("raw");
    expect(chosen(49 * HOUR, 48 * HOUR)).toBe("minute");
    expect(chosen(31 * DAY, 30 * DAY)).toBe("hour");
  });

  it("is days for what is older than everything", () => {
    expect(chosen(900 * DAY, 899 * DAY)).toBe("day");
  });
});
