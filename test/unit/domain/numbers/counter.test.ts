import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Counts,
  type Marks,
  newSince,
  type Reading,
  summed,
  withReadings,
} from "../../../../src/domain/numbers/counter.ts";

const reading = (start: string, counts: Counts): Reading => ({ source: "shard 1 a", start, counts });

/** What looks add up to. */
function count(readings: readonly Reading[]): Counts {
  let [marks, sum]: [Marks, Counts] = [{}, {}];
  for (const it of readings) {
    sum = summed(sum, newSince(marks[it.source], it));
    marks = withReadings(marks, [it]);
  }
  return sum;
}

describe("a counter of a process", () => {
  it("adds what came since the last reading, and all of another process", () => {
    expect(count([reading("1", { opened: 5 }), reading("1", { opened: 7 }), reading("2", { opened: 3 })])).toEqual({
      opened: 10,
    });
  });

  it("takes figures that are smaller for those of another process, which may have started in the same second", () => {
    expect(count([reading("1", { opened: 5, bytesIn: 10 }), reading("1", { opened: 5, bytesIn: 9 })])).toEqual({
      opened: 10,
      bytesIn: 19,
    });
  });

  it("goes on where a figure was that was missing for once", () => {
    const readings = [{ opened: 5, bytesIn: 100 }, { opened: 6 }, { opened: 7, bytesIn: 130 }];
    expect(count(readings.map((counts) => reading("1", counts)))).toEqual({ opened: 7, bytesIn: 130 });
  });

  it("forgets nothing of a source that says nothing for a while", () => {
    const marks = withReadings({}, [reading("1", { opened: 5 })]);
    const later = withReadings(marks, [{ source: "shard 2 a", start: "9", counts: { opened: 1 } }]);
    expect(newSince(later["shard 1 a"], reading("1", { opened: 8 }))).toEqual({ opened: 3 });
  });

  it("neither loses nor doubles anything that a process showed, whenever it is started anew or not looked at", () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ opened: fc.nat(50), bytesIn: fc.nat(5000) }) },
      { weight: 2, arbitrary: fc.constant("look" as const) },
      { weight: 1, arbitrary: fc.constant("restart" as const) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let [start, shown, sum]: [number, Counts, Counts] = [0, { opened: 0, bytesIn: 0 }, {}];
        let [marks, ended]: [Marks, Counts] = [{}, {}];
        const look = (): void => {
          const now = reading(String(start), shown);
          sum = summed(sum, newSince(marks[now.source], now));
          marks = withReadings(marks, [now]);
        };
        for (const it of [...steps, "look" as const]) {
          if (it === "look") look();
          else if (it === "restart") {
            look();
            ended = summed(ended, shown);
            [start, shown] = [start + 1, { opened: 0, bytesIn: 0 }];
          } else shown = summed(shown, it);
        }
        expect(sum).toEqual(summed(ended, shown));
      }),
    );
  });
});
