import { describe, expect, test } from "vitest";
import { parseMonth } from "../../../../src/domain/numbers/month.ts";

const now = new Date("2026-11-21T12:00:00Z");

describe("a month", () => {
  test.each([
    ["2026-11", "2026-11-01T00:00:00.000Z", "2026-12-01T00:00:00.000Z"],
    ["2025-12", "2025-12-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z"],
    [" 2024-02 ", "2024-02-01T00:00:00.000Z", "2024-03-01T00:00:00.000Z"],
  ])("%s is from its first day to the next one's, UTC", (text, since, until) => {
    const month = parseMonth(text, now);
    expect([month.name, new Date(month.since).toISOString(), new Date(month.until).toISOString()]).toEqual([
      ...[text.trim(), since, until],
    ]);
  });

  test.each(["", "2026", "2026-13", "2026-00", "november", "2026-11-01", "2026-12"])("is not %j", (text) =>
    expect(() => parseMonth(text, now)).toThrow(
      expect.objectContaining({ kind: "invalid", hint: "for instance 2026-11" }),
    ),
  );
});
