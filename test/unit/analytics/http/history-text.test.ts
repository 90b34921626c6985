import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readerOf } from "../../../../src/analytics/history/open-history.ts";
import { historyAnswerText, historyUsersAnswer } from "../../../../src/analytics/http/history.ts";
import { snakeCase } from "../../../../src/ui/snake-case.ts";
import { entryAt, openBook, userRow } from "../../../support/history.ts";

const MINUTE = 60_000;
const now = new Date("2026-11-21T12:34:56.000Z");

/** A history with a look in each of the last minutes; what is asked of it has names of any kind. */
async function scene(name: string) {
  const { book, db, path } = await openBook(() => now.getTime());
  for (let ago = 5; ago >= 0; ago -= 1) {
    const increments = [userRow(name, { bytesIn: 7, bytesOut: ago, active: ago === 2 ? null : ago })];
    book.record(entryAt(now.getTime() - ago * MINUTE, { increments, seconds: 9.98 }));
    book.tidy(now.getTime(), 4);
  }
  return { history: readerOf(path, db, () => now.getTime()), close: () => db.close() };
}

describe("the text of a history", () => {
  it("is what every other answer's would be, for a name of any kind", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1 }), async (name) => {
        const { history, close } = await scene(name);
        const asked = { kind: "user", name, since: now.getTime() - 9 * MINUTE, until: now.getTime() } as const;
        for (const [resolution, step] of [
          ["raw", 10],
          ["minute", 60],
          ["day", 86_400],
        ] as const) {
          const text = await historyAnswerText(history, { ...asked, resolution }, now);
          const until = now.getTime() + 1000 * step;
          const { points } = await history.points({ ...asked, until, resolution });
          expect(points.reduce((sum, { bytesIn }) => sum + bytesIn, 0)).toBe(42);
          expect(JSON.parse(text)).toEqual(
            JSON.parse(snakeCase(JSON.stringify({ ...asked, resolution, step, points }))),
          );
        }
        close();
      }),
      { numRuns: 10 },
    );
  });

  it("has the bucket that it is now, and of a time that is over none behind it", async () => {
    const { history } = await scene("alice");
    const bytes = async (query: object) => {
      const answer = JSON.parse(await historyAnswerText(history, { kind: "user", name: "alice", ...query }, now));
      return answer.points.reduce((sum: number, point: { bytes_in: number }) => sum + point.bytes_in, 0);
    };
    for (const resolution of ["raw", "minute", "hour", "day"])
      expect([resolution, await bytes({ since: "2d", resolution })]).toEqual([resolution, 42]);
    expect(await bytes({ since: "90d" })).toBe(42);
    expect(await bytes({ since: "2d", until: "2026-11-21", resolution: "day" })).toBe(0);
    expect(await bytes({ since: "1h", until: now.getTime() - MINUTE, resolution: "minute" })).toBe(28);
    const { users } = await historyUsersAnswer(history, { since: "1h" }, now);
    expect(users).toMatchObject([{ name: "alice", bytesIn: 42 }]);
  });
});
