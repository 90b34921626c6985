import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bar, sparkline } from "../../../src/ui/sparkline.ts";

describe("a line of marks", () => {
  test("is as high as its largest figure, and lowest for nothing only", () => {
    expect(sparkline([0, 1, 50, 100])).toBe("▁▂▅█");
    expect(sparkline([0, 0])).toBe("▁▁");
    expect(sparkline([7])).toBe("█");
    expect(sparkline([])).toBe("");
  });

  test("has gaps where nobody watched", () => {
    expect(sparkline([null, 5, null, 0])).toBe("·█·▁");
  });

  test("shows neighbours together where there is less room", () => {
    expect(sparkline([0, 0, 1, 1, null, null, null, 2], 4)).toBe("▁█·█");
  });

  test("tells nothing from something, whatever the figures are", () => {
    const figures = fc.array(fc.oneof(fc.nat(), fc.double({ min: 0, max: 1e18, noNaN: true }), fc.constant(null)), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(figures, (all) => {
        const marks = [...sparkline(all)];
        expect(marks).toHaveLength(all.length);
        for (const [index, figure] of all.entries())
          expect(marks[index]).toMatch(figure === null ? /·/ : figure > 0 ? /[▂-█]/ : /▁/);
      }),
    );
  });
});

test("a bar is full when all is used, and no longer when more is", () => {
  expect(bar(41, 100)).toBe("████░░░░░░ 41 %");
  expect(bar(250, 100)).toBe("██████████ 250 %");
  expect(bar(0, 100, 4)).toBe("░░░░ 0 %");
});
