import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Point } from "../../../../../src/analytics/dashboard/api/shapes.ts";
import { fold, mostActive, sumOf, toColumns } from "../../../../../src/analytics/dashboard/figures/series.ts";

const minute = (index: number, more: Partial<Point> = {}): Point => ({
  ...{ at: index * 60_000, bytes_in: 600, bytes_out: 6000, opened: 1, active: 3, seconds: 60 },
  ...more,
});

const points = fc.uniqueArray(fc.nat(5000), { maxLength: 60 }).chain((indexes) =>
  fc.tuple(
    ...indexes
      .sort((a, b) => a - b)
      .map((index) =>
        fc.record({
          at: fc.constant(index * 60_000),
          bytes_in: fc.nat(1e9),
          bytes_out: fc.nat(1e9),
          opened: fc.nat(50),
          active: fc.option(fc.nat(50)),
          seconds: fc.nat(60),
        }),
      ),
  ),
);

describe("larger buckets", () => {
  test("have the same bytes, whatever their length", () => {
    fc.assert(
      fc.property(points, fc.constantFrom(60, 3600, 86_400), (all, seconds) => {
        const folded = fold(all, seconds);
        expect(sumOf(folded)).toEqual(sumOf(all));
        expect(mostActive(folded)).toBe(mostActive(all));
        expect(folded.every(({ at }) => at % (1000 * seconds) === 0)).toBe(true);
        expect(folded.map(({ at }) => at)).toEqual([...new Set(folded.map(({ at }) => at))].sort((a, b) => a - b));
      }),
    );
  });

  test("know no connections only where nobody could tell at all", () => {
    expect(fold([minute(0, { active: null }), minute(1)], 3600)[0]?.active).toBe(3);
    expect(fold([minute(0, { active: null }), minute(1, { active: null })], 3600)[0]?.active).toBeNull();
  });
});

describe("a line of a chart", () => {
  test("is bytes a second of the time that was watched", () => {
    const { at, rateIn, rateOut, active } = toColumns([minute(1), minute(2, { seconds: 30 })], 60);
    expect({ at, rateIn, rateOut, active }).toEqual({
      at: [60, 120],
      rateIn: [10, 20],
      rateOut: [100, 200],
      active: [3, 3],
    });
  });

  test("is broken where nobody watched, and never goes through zero there", () => {
    expect(toColumns([minute(1), minute(5)], 60)).toMatchObject({
      at: [60, 120, 300],
      active: [3, null, 3],
      rateIn: [10, null, 10],
    });
    expect(toColumns([minute(1, { seconds: 0 })], 60).rateIn).toEqual([null]);
  });

  test("has nothing where there is nothing", () => {
    expect(toColumns([], 60)).toEqual({ at: [], active: [], rateIn: [], rateOut: [] });
    expect([mostActive([]), sumOf([])]).toEqual([null, { bytesIn: 0, bytesOut: 0 }]);
  });
});
