import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HistoryAnswer } from "../../../../src/analytics/http/answers.ts";
import { historyText } from "../../../../src/analytics/http/history-text.ts";
import { snakeCase } from "../../../../src/ui/snake-case.ts";

describe("the text of a history", () => {
  it("is what every other answer's would be", () => {
    const figure = fc.nat(Number.MAX_SAFE_INTEGER);
    const point = fc.record({
      ...{ at: figure, bytesIn: figure, bytesOut: figure, opened: figure },
      active: fc.option(figure),
      seconds: fc.double({ min: 0, max: 1e6, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.string(), fc.array(point), (name, points) => {
        const answer = { kind: "user", name, since: 0, until: 1, resolution: "hour", step: 3600, points } as const;
        expect(JSON.parse(historyText(answer satisfies HistoryAnswer))).toEqual(
          JSON.parse(snakeCase(JSON.stringify(answer))),
        );
      }),
    );
  });
});
