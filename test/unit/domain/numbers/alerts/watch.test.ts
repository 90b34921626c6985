import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { alertKinds, natures } from "../../../../../src/domain/numbers/alerts/kinds.ts";
import type { Trouble } from "../../../../../src/domain/numbers/alerts/trouble.ts";
import { type Notice, type Watched, watchTroubles } from "../../../../../src/domain/numbers/alerts/watch.ts";

const START = Date.parse("2026-11-21T12:00:00.000Z");
const rules = { off: [], remindHours: 24 } as const;
const down: Trouble = { kind: "proxy-down", subject: "", values: {} };

/** Looks every ten seconds: which troubles each one sees. */
function watchAll(
  looks: readonly (readonly Trouble[])[],
  seconds = 10,
  given: Parameters<typeof watchTroubles>[2] = rules,
) {
  let watched: readonly Watched[] = [];
  return looks.map((troubles, index): readonly Notice[] => {
    const step = watchTroubles(watched, troubles, given, new Date(START + index * seconds * 1000).toISOString());
    watched = step.watched;
    return step.notices;
  });
}
const told = (notices: readonly (readonly Notice[])[]) => notices.flatMap((it) => it.map(({ what }) => what));
const times = <T>(count: number, it: T): T[] => Array.from({ length: count }, () => it);

describe("a trouble", () => {
  test("is told once it has held for some looks, and again when it has been gone for some", () => {
    const notices = watchAll([...times(9, [down]), ...times(3, [])]);
    expect(notices.map((it) => it.length)).toEqual([0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    expect(notices.flat()).toMatchObject([
      { what: "begins", since: "2026-11-21T12:00:00.000Z", at: "2026-11-21T12:00:20.000Z" },
      { what: "over", since: "2026-11-21T12:00:00.000Z", at: "2026-11-21T12:01:50.000Z" },
    ]);
  });

  test("that comes and goes is not told, and one that was told is not over for a look", () => {
    expect(told(watchAll(times(40, [[down], [down], []]).flat()))).toEqual([]);
    expect(told(watchAll([...times(3, [down]), ...times(20, [[], [], [down]]).flat()]))).toEqual(["begins"]);
  });

  test("that lasts is told again once a day, or never", () => {
    expect(told(watchAll(times(80, [down]), 3600))).toEqual(["begins", "lasts", "lasts", "lasts"]);
    expect(told(watchAll(times(80, [down]), 3600, { off: [], remindHours: 0 }))).toEqual(["begins"]);
  });

  test("of a person is told once, and not that it is over", () => {
    const near: Trouble = { kind: "quota-near", subject: "alice", values: { percent: 81, bytes: 5e10 } };
    expect(told(watchAll([...times(50, [near]), ...times(50, [])], 7200))).toEqual(["begins"]);
  });

  test("of a kind that is switched off is not told, nor that it is over", () => {
    expect(told(watchAll(times(9, [down]), 10, { off: ["proxy-down"], remindHours: 24 }))).toEqual([]);
    const [watched] = watchTroubles([], [down], rules, new Date(START).toISOString()).watched;
    const before = watched === undefined ? [] : [{ ...watched, toldAt: watched.since }];
    const after = watchTroubles(before, [], { off: ["proxy-down"], remindHours: 24 }, new Date(START).toISOString());
    expect(after).toEqual({ watched: [], notices: [] });
  });

  test("that nobody can see is not over, and that of something that is no more goes without a word", () => {
    const at = (looks: number) => new Date(START + looks * 10_000).toISOString();
    const told = times(3, [down]).reduce<readonly Watched[]>(
      (watched, troubles, look) => watchTroubles(watched, troubles, rules, at(look)).watched,
      [],
    );
    const unseen = times(99, []).reduce<readonly Watched[]>(
      (watched, troubles, look) => watchTroubles(watched, troubles, rules, at(look + 3), () => "unseen").watched,
      told,
    );
    expect(unseen).toEqual(told);
    expect(watchTroubles(told, [], rules, at(99), () => "void")).toEqual({ watched: [], notices: [] });
  });

  test("that comes back again and again is told more and more seldom, until it has stayed away for an hour", () => {
    const crashing = times(300, [...times(6, [down]), ...times(6, [])]).flat();
    const notices = watchAll(crashing);
    expect(told(notices)).toEqual(["begins", "over", "begins", "over", "begins"]);
    const after = watchAll([...crashing, ...times(400, []), ...times(3, [down]), ...times(3, [])]);
    expect(told(after).slice(-3)).toEqual(["over", "begins", "over"]);
  });

  test("is told again after a clock that was ahead is set right", () => {
    const ahead = "2031-01-01T00:00:00.000Z";
    const before: Watched = { ...down, since: ahead, seen: 3, missed: 0, toldAt: ahead };
    const { watched, notices } = watchTroubles([before], [down], rules, new Date(START).toISOString());
    expect([notices.map(({ what }) => what), watched[0]?.toldAt]).toEqual([["lasts"], new Date(START).toISOString()]);
  });

  test("however it comes and goes, begins and ends in turn, each as slowly as its kind has it", () => {
    const lasting = fc.constantFrom(...alertKinds.filter((kind) => natures[kind].lasts));
    fc.assert(
      fc.property(lasting, fc.array(fc.boolean(), { maxLength: 200 }), (kind, looks) => {
        const all = watchAll(looks.map((holds) => (holds ? [{ ...down, kind }] : [])));
        const turns = told(all).filter((what) => what !== "lasts");
        expect(turns).toEqual(turns.map((_, index) => (index % 2 === 0 ? "begins" : "over")));
        all.forEach((notices, at) => {
          for (const { what } of notices) {
            const row = looks.slice(0, at + 1).slice(what === "begins" ? -natures[kind].rise : -natures[kind].fall);
            expect(new Set(row)).toEqual(new Set([what === "begins"]));
          }
        });
      }),
    );
  });
});
