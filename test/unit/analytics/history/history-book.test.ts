import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HistoryBook } from "../../../../src/analytics/history/history-book.ts";
import { type HistoryEntry, type Resolution, resolutions } from "../../../../src/domain/numbers/history.ts";
import { entryAt, openBook, userRow } from "../../../support/history.ts";

const DAY = 86_400_000;
const midnight = Date.parse("2026-11-21T00:00:00Z");
const noon = midnight + DAY / 2;
const alice = { kind: "user", name: "alice" } as const;

/** One look after the other, with what is due after each; few looks a fold, so that there are many. */
function recordAll(book: HistoryBook, entries: readonly HistoryEntry[], looksAFold = 3): void {
  for (const entry of entries) {
    book.record(entry);
    book.tidy(entry.at, looksAFold);
  }
}

describe("points of a history", () => {
  it("sum to the same at each resolution, whatever the clock does", async () => {
    const jump = fc.oneof(
      { weight: 12, arbitrary: fc.integer({ min: 9000, max: 11_000 }) },
      { weight: 1, arbitrary: fc.integer({ min: -3_600_000, max: 8 * 3_600_000 }) },
    );
    const figures = fc.record({ bytesIn: fc.nat(1e9), bytesOut: fc.nat(1e9), opened: fc.nat(20), active: fc.nat(9) });
    const look = fc.record({ jump, alice: fc.option(figures), bob: fc.option(figures) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(look, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 9 }),
        async (looks, fold) => {
          const { book, db } = await openBook(() => noon);
          let at = noon - DAY / 2;
          const entries = looks.map(({ jump, alice, bob }) => {
            at += jump;
            return entryAt(at, {
              increments: [alice && userRow("alice", alice), bob && userRow("bob", bob)].filter((it) => it !== null),
            });
          });
          recordAll(book, entries, fold);
          const all = { since: 0, until: 2 * noon };
          const given = {
            ...sumsOf(entries.flatMap(({ increments }) => increments.filter(({ name }) => name === "alice"))),
          };
          for (const resolution of Object.keys(resolutions) as Resolution[]) {
            const { points } = book.points({ ...alice, ...all, resolution });
            expect({ resolution, ...sumsOf(points), seconds: points.reduce((sum, it) => sum + it.seconds, 0) }).toEqual(
              {
                ...{ resolution, seconds: 10 * entries.length },
                ...given,
              },
            );
            expect(points.map((it) => it.at)).toEqual([...new Set(points.map((it) => it.at))].sort((a, b) => a - b));
          }
          const [sums] = book.users(all.since, all.until).filter(({ name }) => name === "alice");
          expect(sumsOf(sums === undefined ? [] : [{ ...sums, active: sums.mostActive }])).toEqual(given);
          db.close();
        },
      ),
      { numRuns: 25 },
    );
  });

  it("have zeros where somebody watched, and nothing where nobody did", async () => {
    const { book } = await openBook(() => noon);
    const busy = { increments: [userRow("alice", { bytesIn: 5, bytesOut: 7, opened: 1, active: 2 })] };
    recordAll(book, [
      entryAt(midnight, { ...busy, seconds: 0 }),
      entryAt(midnight + 60_000),
      entryAt(midnight + 70_000),
      entryAt(midnight + 600_000, { seconds: 0 }),
      entryAt(midnight + 610_000, busy),
    ]);
    const { resolution, points } = book.points({
      ...alice,
      since: midnight,
      until: midnight + 3_600_000,
      resolution: "minute",
    });
    const carried = { bytesIn: 5, bytesOut: 7, opened: 1, active: 2 };
    expect(resolution).toBe("minute");
    expect(points).toEqual([
      { at: midnight, ...carried, seconds: 0 },
      { at: midnight + 60_000, bytesIn: 0, bytesOut: 0, opened: 0, active: 0, seconds: 20 },
      { at: midnight + 600_000, ...carried, seconds: 10 },
    ]);
  });

  it("are gaps for kinds that nobody counted", async () => {
    const { book } = await openBook(() => noon);
    recordAll(book, [
      entryAt(midnight, { watched: ["all"], increments: [{ ...userRow(""), kind: "all", bytesIn: 3 }] }),
    ]);
    const time = { since: midnight, until: noon };
    expect(book.points({ ...alice, ...time }).points).toEqual([]);
    expect(book.points({ kind: "all", name: "", ...time }).points).toMatchObject([{ bytesIn: 3, seconds: 10 }]);
  });

  it("do not know how many were open where nobody could tell", async () => {
    const { book } = await openBook(() => noon);
    const unknown = { increments: [userRow("alice", { bytesIn: 1, active: null })] };
    recordAll(book, [entryAt(midnight, unknown), entryAt(midnight + 10, unknown)], 2);
    expect(book.points({ ...alice, since: midnight, until: noon, resolution: "hour" }).points).toMatchObject([
      { active: null },
    ]);
    recordAll(book, [entryAt(midnight + 20, { increments: [userRow("alice", { active: 4 })] })]);
    expect(book.points({ ...alice, since: midnight, until: noon, resolution: "hour" }).points).toMatchObject([
      { active: 4 },
    ]);
  });

  it("leave the bucket of the end out", async () => {
    const { book } = await openBook(() => noon);
    recordAll(book, [entryAt(midnight), entryAt(midnight + 60_000)], 1);
    const until = midnight + 119_999;
    expect(book.points({ ...alice, since: midnight + 59_999, until, resolution: "minute" }).points).toHaveLength(1);
    expect(book.points({ ...alice, since: midnight, until, resolution: "raw" }).points).toHaveLength(2);
  });
});

describe("people in a history", () => {
  it("begin at nothing when they take the name of somebody else", async () => {
    const { book } = await openBook(() => noon);
    const former = "alice@20261121T000000.000Z";
    const handedOver = [{ from: "alice", to: former }];
    const bytes = (bytesIn: number) => ({ increments: [userRow("alice", { bytesIn })], lastSeen: { alice: midnight } });
    recordAll(book, [
      entryAt(midnight, { ...bytes(5), households: [{ user: "alice", household: "192.0.2.1" }] }),
      entryAt(midnight + 10_000, { ...bytes(2), handedOver }),
      entryAt(midnight + 20_000, { ...bytes(3), handedOver }),
    ]);
    const sums = book.users(midnight, noon).map(({ name, bytesIn }) => [name, bytesIn]);
    expect(sums).toEqual([
      ["alice", 5],
      [former, 5],
    ]);
    expect(book.days(midnight, noon)).toEqual([{ day: "2026-11-21", user: former, households: 1 }]);
    expect(Object.keys(book.lastSeen()).sort()).toEqual(["alice", former]);
  });

  it("have names of any kind", async () => {
    const { book } = await openBook(() => noon);
    const names = [`<img onerror="x">`, "Робин'); DROP TABLE series;--", "\u0001\ud83d\ude00", "secret:1", ""];
    recordAll(book, [entryAt(midnight, { increments: names.map((name) => userRow(name, { bytesIn: 1 })) })]);
    expect(
      book
        .users(midnight, noon)
        .map(({ name }) => name)
        .sort(),
    ).toEqual([...names].sort());
  });

  it("are told with the busiest first, and when they were seen last at all", async () => {
    const { book } = await openBook(() => noon);
    const increments = [userRow("alice", { bytesIn: 1, active: 3 }), userRow("bob", { bytesOut: 2, active: null })];
    recordAll(book, [
      entryAt(midnight, { increments, lastSeen: { alice: midnight - DAY } }),
      entryAt(midnight + 10_000),
    ]);
    const none = { bytesIn: 0, bytesOut: 0, opened: 0 };
    expect(book.users(midnight, noon)).toEqual([
      { name: "bob", ...none, bytesOut: 2, mostActive: null, lastSeen: null },
      { name: "alice", ...none, bytesIn: 1, mostActive: 3, lastSeen: midnight - DAY },
    ]);
    expect(book.users(noon, noon + DAY)).toEqual([]);
  });

  it("were not seen in a future that a wrong clock told of", async () => {
    const { book } = await openBook(() => noon);
    const seen = (at: number) => entryAt(at, { lastSeen: { alice: at } });
    recordAll(book, [seen(noon), seen(noon - 1000)]);
    expect(book.lastSeen()).toEqual({ alice: noon - 1000 });
    recordAll(book, [entryAt(noon, { lastSeen: { alice: noon - 9000 } })]);
    expect(book.lastSeen()).toEqual({ alice: noon - 1000 });
  });
});

describe("households in a history", () => {
  const from = (at: number, ...households: string[]) =>
    entryAt(at, { households: households.map((household) => ({ user: "alice", household })) });

  it("count once a day, and of days before only the number is left", async () => {
    const { book, db } = await openBook(() => noon);
    recordAll(book, [from(midnight - 9000, "192.0.2.1", "192.0.2.2"), from(midnight - 5000, "192.0.2.1")]);
    expect(book.days(midnight - DAY, midnight)).toMatchObject([{ day: "2026-11-20", households: 2 }]);
    recordAll(book, [from(midnight + 5000, "192.0.2.1")]);
    expect(book.days(midnight - DAY, noon).map((it) => [it.day, it.households])).toEqual([
      ["2026-11-20", 2],
      ["2026-11-21", 1],
    ]);
    const other = { user: "bob", household: "192.0.2.1" };
    recordAll(book, [entryAt(midnight + 6000, { households: [other] })]);
    expect(book.days(midnight - DAY, noon).map((it) => it.user)).toEqual(["alice", "alice", "bob"]);
    expect(book.days(midnight - DAY, noon, "alice").map((it) => it.households)).toEqual([2, 1]);
    expect(book.days(midnight - DAY, noon, "nobody")).toEqual([]);
    expect(db.all("SELECT day FROM household")).toHaveLength(2);
    expect(db.all("SELECT day FROM salt")).toHaveLength(1);
  });

  it("are hashes with another salt each day, never addresses", async () => {
    const { book, db } = await openBook(() => noon);
    const hash = () => db.all<[string]>("SELECT hash FROM household");
    recordAll(book, [from(midnight - 1, "192.0.2.1")]);
    const yesterday = hash();
    recordAll(book, [from(midnight, "192.0.2.1")]);
    expect(hash()).not.toEqual(yesterday);
    expect(JSON.stringify([yesterday, hash()])).not.toContain("192.0.2");
  });

  it("are not doubled by a clock that goes back over midnight", async () => {
    const { book } = await openBook(() => noon);
    recordAll(book, [
      from(midnight - 1, "a", "b"),
      from(midnight + 1, "a"),
      from(midnight - 1, "a"),
      from(midnight + 2, "c"),
    ]);
    expect(book.days(midnight - DAY, noon).map((it) => it.households)).toEqual([2, 1]);
  });
});

describe("what else a history keeps", () => {
  it("is the counters of the last entry, apps by day, and events with the last one first", async () => {
    const { book } = await openBook(() => noon);
    expect(book.counters()).toBeUndefined();
    const event = (words: string) => ({ at: midnight, kind: "shard-down", subject: "1", words });
    const sighting = { user: "alice", family: "long hello", count: 2 };
    recordAll(book, [
      entryAt(midnight - DAY, {
        counters: { look: 1 },
        clients: [sighting],
        events: [event("first"), event("second")],
      }),
      entryAt(midnight, { counters: { look: 2, of: ["any", null] }, clients: [sighting], events: [event("third")] }),
    ]);
    expect(book.counters()).toEqual({ look: 2, of: ["any", null] });
    expect(book.clients(midnight - DAY, noon)).toEqual([{ ...sighting, count: 4 }]);
    expect(book.clients(midnight - DAY, noon, "alice")).toEqual([{ ...sighting, count: 4 }]);
    expect(book.clients(midnight - DAY, noon, "bob")).toEqual([]);
    expect(book.clients(midnight, noon)).toEqual([sighting]);
    expect(book.events(2)).toEqual([event("third"), event("second")]);
  });

  it("is nothing of an entry that cannot be written whole", async () => {
    const { book } = await openBook(() => noon);
    const fine = entryAt(midnight, { counters: 1, increments: [userRow("alice", { bytesIn: 1 })] });
    recordAll(book, [fine]);
    for (const bytesIn of [-1, 0.5, Number.NaN])
      expect(() => book.record({ ...fine, counters: 2, increments: [userRow("bob", { bytesIn })] })).toThrow();
    expect(book.counters()).toBe(1);
    expect(book.users(midnight, noon)).toHaveLength(1);
  });
});

describe("what is too old", () => {
  const rows = (db: Awaited<ReturnType<typeof openBook>>["db"], table: string) =>
    db.first<[number]>(`SELECT count(*) FROM ${table}`)?.[0];
  const busy = (at: number) => entryAt(at, { increments: [userRow("alice", { bytesIn: 1 })] });
  const looks = Array.from({ length: 40 }, (_, index) => busy(midnight + index * 60_000));

  it("goes at each resolution in its time, and the sums stay", async () => {
    const { book, db } = await openBook(() => noon);
    recordAll(book, looks, 1);
    const sum = () => book.users(midnight, noon)[0]?.bytesIn;
    const tidyAt = (days: number, times: number) => {
      for (let time = 0; time < times; time += 1) recordAll(book, [entryAt(midnight + days * DAY + time)], 1);
    };
    tidyAt(2.5, 20);
    expect([rows(db, "raw"), rows(db, "minute"), rows(db, "hour"), sum()]).toEqual([0, 40, 1, 40]);
    tidyAt(31, 4);
    expect([rows(db, "minute"), rows(db, "hour")]).toEqual([0, 1]);
    expect(book.points({ ...alice, since: midnight, until: noon, resolution: "day" }).points).toEqual([]);
    expect(book.points({ ...alice, since: midnight, until: midnight + DAY, resolution: "day" }).points).toMatchObject([
      { bytesIn: 40 },
    ]);
    tidyAt(732, 1);
    expect(rows(db, "hour")).toBe(0);
  });

  it("goes little by little, so that a clock that is wrong for a moment deletes next to nothing", async () => {
    const { book, db } = await openBook(() => noon);
    recordAll(book, looks, 1);
    recordAll(book, [entryAt(midnight + 3650 * DAY)], 1);
    expect([rows(db, "raw"), rows(db, "minute"), rows(db, "hour")]).toEqual([38, 30, 0]);
  });

  it("does not go before it was added to minutes and hours", async () => {
    const { book, db } = await openBook(() => noon);
    recordAll(book, [...looks, entryAt(midnight + 3 * DAY)], 50);
    expect(rows(db, "raw")).toBe(40);
  });
});

function sumsOf(rows: readonly { bytesIn: number; bytesOut: number; opened: number; active: number | null }[]) {
  const sum = (of: (row: (typeof rows)[number]) => number) => rows.reduce((total, row) => total + of(row), 0);
  return {
    bytesIn: sum((row) => row.bytesIn),
    bytesOut: sum((row) => row.bytesOut),
    opened: sum((row) => row.opened),
    active: Math.max(0, ...rows.map((row) => row.active ?? 0)),
  };
}
