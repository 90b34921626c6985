import { describe, expect, it } from "vitest";
import { ageInWords, ageOf } from "../../../src/domain/telegram-record.ts";

describe("ageOf", () => {
  const fetched = { checkedAt: "2026-11-21T12:00:00.000Z", source: "mirror.example/conf" };

  it("counts from when the file was last found good", () => {
    expect(ageOf(fetched, new Date("2026-11-21T13:30:00Z"))).toBe(5_400_000);
  });

  it("is not known of a file that was never checked, nor from a time that is none", () => {
    expect(ageOf(undefined, new Date())).toBeUndefined();
    expect(ageOf({ ...fetched, checkedAt: "yesterday" }, new Date())).toBeUndefined();
  });

  it("is never negative, whatever the clock did meanwhile", () => {
    expect(ageOf(fetched, new Date("2026-11-20T00:00:00Z"))).toBe(0);
  });
});

describe("ageInWords", () => {
  it.each([
    [0, "less than a minute"],
    [59_999, "less than a minute"],
    [60_000, "1 minute"],
    [3_599_999, "59 minutes"],
    [3_600_000, "1 hour"],
    [86_400_000 - 1, "23 hours"],
    [86_400_000, "1 day"],
    [30 * 86_400_000, "30 days"],
  ])("says %i ms as %s", (milliseconds, words) => {
    expect(ageInWords(milliseconds)).toBe(words);
  });
});
