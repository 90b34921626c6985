import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { timePieces } from "../../../../src/domain/numbers/time-pieces.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const now = Date.parse("2026-11-21T12:34:56Z");
const length = { minute: MINUTE, hour: HOUR };

describe("pieces of a time", () => {
  it("are whole hours, and the minutes at both ends", () => {
    const since = Date.parse("2026-11-21T08:58:30Z");
    const until = Date.parse("2026-11-21T11:01:59Z");
    const minute = (time: string) => Date.parse(`2026-11-21T${time}Z`) / MINUTE;
    const hour = (time: string) => Date.parse(`2026-11-21T${time}Z`) / HOUR;
    expect(timePieces(since, until, now).pieces).toEqual([
      { resolution: "minute", from: minute("08:58"), until: minute("09:00") },
      { resolution: "hour", from: hour("09:00"), until: hour("11:00") },
      { resolution: "minute", from: minute("11:00"), until: minute("11:01") },
    ]);
  });

  it("are minutes only within an hour, and none of an empty time", () => {
    expect(timePieces(now, now + 5 * MINUTE, now).pieces).toHaveLength(1);
    expect(timePieces(now, now, now).pieces).toEqual([]);
    expect(timePieces(now, now - DAY, now).pieces).toEqual([]);
  });

  it("cover the time once, from end to end, with no minutes where none are kept", () => {
    const ago = fc.integer({ min: 0, max: 800 * DAY });
    fc.assert(
      fc.property(ago, ago, (a, b) => {
        const { since, until, pieces } = timePieces(now - Math.max(a, b), now - Math.min(a, b), now);
        const ends = pieces.map(({ resolution, from, until }) => [
          from * length[resolution],
          until * length[resolution],
        ]);
        ends.forEach(([from], index) => {
          expect(from).toBe(index === 0 ? since : ends[index - 1]?.[1]);
        });
        expect(ends.at(-1)?.[1] ?? since).toBe(until);
        expect(Math.abs(since - (now - Math.max(a, b)))).toBeLessThan(HOUR);
        for (const { resolution, from } of pieces)
          if (resolution === "minute") expect(from * MINUTE).toBeGreaterThan(now - 30 * DAY - HOUR);
      }),
    );
  });
});
