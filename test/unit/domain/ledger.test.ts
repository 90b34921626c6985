import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ConnectionRecord } from "../../../src/domain/connection-record.ts";
import { accountOf, Ledger, type LedgerState } from "../../../src/domain/ledger.ts";

const NOON = new Date("2026-11-21T12:00:00Z");
const later = (seconds: number) => new Date(NOON.getTime() + seconds * 1000);

function record(id: string, bytes: number, more: Partial<ConnectionRecord> = {}): ConnectionRecord {
  return {
    id,
    startedAt: NOON,
    endedAt: NOON,
    from: "192.0.2.1",
    server: "alice",
    bytesIn: bytes,
    bytesOut: 0,
    worker: "w1",
    ...more,
  };
}

const at = (seconds: number) => later(seconds).toISOString().replace("Z", "000001Z");
const started = (state?: LedgerState) => {
  const ledger = new Ledger(state);
  ledger.startAt("c1");
  return ledger;
};
const copy = (ledger: Ledger) => JSON.parse(JSON.stringify(ledger.state)) as LedgerState;

describe("the ledger", () => {
  it("sums by person, whatever key they came with, and leaves strangers out", () => {
    const ledger = started();
    ledger.take(at(1), record("1", 10));
    ledger.take(at(2), record("2", 5, { server: "alice:old", bytesOut: 7 }));
    ledger.take(at(3), record("3", 1, { server: "secret:s000001" }));
    const { server: _, ...stranger } = record("4", 99);
    ledger.take(at(4), stranger);
    expect(ledger.account("alice")).toEqual({
      total: [15, 7, 2],
      months: { "2026-11": [15, 7, 2] },
      days: { "2026-11-21": [15, 7, 2] },
    });
    expect(Object.keys(ledger.state.accounts)).toEqual(["alice", "secret:s000001"]);
    expect(accountOf("nobody:user")).toBe("nobody");
  });

  it("counts each record once, wherever it stopped and from wherever it is read again", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 60 }),
        fc.array(fc.nat(60), { maxLength: 6 }),
        (gaps, stops) => {
          let time = 0;
          const lines = gaps.map((gap, index) => {
            time += gap / 1000;
            return { at: at(time), record: record(`id${index}`, index + 1) };
          });
          let state: LedgerState | undefined;
          const readFrom = (ledger: Ledger, count: number) => {
            const since = ledger.startAt("c1");
            for (const line of lines.slice(0, count))
              if (since === undefined || line.at >= since) ledger.take(line.at, line.record);
          };
          for (const stop of [...stops].sort((a, b) => a - b)) {
            const ledger = new Ledger(state);
            readFrom(ledger, stop);
            state = copy(ledger);
          }
          const last = new Ledger(state);
          readFrom(last, lines.length);
          readFrom(last, lines.length);
          const sum = (lines.length * (lines.length + 1)) / 2;
          expect(last.account("alice")?.total).toEqual([sum, 0, lines.length]);
        },
      ),
    );
  });

  it("reads the log of another container from its beginning", () => {
    const ledger = started();
    ledger.take(at(1), record("1", 10));
    expect(ledger.startAt("c1")).toBe(later(-1).toISOString());
    expect(ledger.startAt("c2")).toBeUndefined();
    ledger.take(at(0), record("2", 10));
    expect(ledger.account("alice")?.total).toEqual([20, 0, 2]);
  });

  it("remembers a bounded number of records, days and months", () => {
    const ledger = started();
    for (let day = 0; day < 2500; day += 1) {
      const when = later(day * 86_400);
      ledger.take(when.toISOString(), record(`id${day}`, 1, { endedAt: when }));
    }
    const { position, accounts } = ledger.state;
    expect(position?.recent).toHaveLength(1000);
    expect(Object.keys(accounts.alice?.days ?? {})).toHaveLength(62);
    expect(Object.keys(accounts.alice?.months ?? {})).toHaveLength(25);
    expect(accounts.alice?.total).toEqual([2500, 0, 2500]);
  });

  it("tells what was used this month, and in the last days", () => {
    const ledger = started();
    const on = (day: string, bytes: number) =>
      ledger.take(at(bytes), record(day, bytes, { endedAt: new Date(`${day}T23:59:59Z`) }));
    on("2026-10-22", 1);
    on("2026-10-23", 20);
    on("2026-11-01", 300);
    on("2026-11-21", 4000);
    expect(ledger.used("alice", "month", NOON)).toBe(4300);
    expect(ledger.used("alice", "30d", NOON)).toBe(4320);
    expect(ledger.used("alice", "31d", NOON)).toBe(4321);
    expect(ledger.used("alice", "1d", NOON)).toBe(4000);
    expect(ledger.used("alice", "month", new Date("2026-12-01T00:00:00Z"))).toBe(0);
    expect(ledger.used("bob", "month", NOON)).toBe(0);
    on("2026-11-20", 50_000);
    expect(["30d", "1d"].map((period) => ledger.used("alice", period as "30d", NOON))).toEqual([54_320, 4000]);
    expect(ledger.used("alice", "1d", new Date("2026-11-20T23:59:59Z"))).toBe(50_000);
  });

  it("books what is open when it is seen, and never twice what has ended meanwhile", () => {
    const ledger = started();
    ledger.see("w1", [{ name: "alice", bytesIn: 100, bytesOut: 50 }], NOON);
    ledger.see("w0", [{ name: "alice:old", bytesIn: 7, bytesOut: 0 }], NOON);
    expect(ledger.used("alice", "month", NOON)).toBe(157);
    ledger.take(at(1), record("1", 60, { bytesOut: 50 }));
    expect(ledger.used("alice", "month", NOON)).toBe(157);
    ledger.take(at(2), record("2", 70));
    expect(ledger.used("alice", "month", NOON)).toBe(187);
    ledger.see("w1", [{ name: "alice", bytesIn: 130, bytesOut: 50 }], NOON);
    expect(ledger.account("alice")?.total).toEqual([137, 50, 2]);
  });

  it("books on the day, and in the month, when it was seen: not when the connection ends", () => {
    const ledger = started();
    const [first, second] = [new Date("2026-10-31T23:59:58Z"), new Date("2026-11-01T00:00:02Z")];
    ledger.see("w1", [{ name: "alice", bytesIn: 100, bytesOut: 0 }], first);
    ledger.see("w1", [{ name: "alice", bytesIn: 130, bytesOut: 0 }], second);
    ledger.take(at(0), record("1", 135, { startedAt: new Date("2026-10-01T00:00:00Z"), endedAt: NOON }));
    expect(ledger.account("alice")?.months).toEqual({ "2026-10": [100, 0, 0], "2026-11": [35, 0, 1] });
    expect(ledger.used("alice", "month", NOON)).toBe(35);
  });

  it("keeps what a worker took along that was killed, also when its records come late", () => {
    const ledger = started();
    ledger.see("w1", [{ name: "alice", bytesIn: 100, bytesOut: 50 }], NOON);
    ledger.take(at(1), record("1", 30));
    ledger.forgetAllBut([], NOON);
    expect(ledger.account("alice")?.total).toEqual([100, 50, 1]);
    const again = new Ledger(copy(ledger));
    again.startAt("c1");
    again.take(at(2), record("2", 50, { bytesOut: 60 }));
    expect(again.account("alice")?.total).toEqual([100, 60, 2]);
    again.take(at(3), record("3", 30));
    expect(again.account("alice")?.total).toEqual([110, 60, 3]);
    again.forgetAllBut([], later(80_000));
    expect(Object.keys(again.state.workers)).toEqual(["w1"]);
    again.forgetAllBut([], later(90_000));
    expect(again.state.workers).toEqual({});
  });

  it("goes on where a server entry was removed and made again", () => {
    const ledger = started();
    const see = (bytesIn: number) => ledger.see("w1", [{ name: "alice", bytesIn, bytesOut: 0 }], NOON);
    see(100);
    see(0);
    see(40);
    expect(ledger.used("alice", "month", NOON)).toBe(140);
    ledger.take(at(1), record("1", 110));
    expect(ledger.used("alice", "month", NOON)).toBe(140);
    ledger.take(at(2), record("2", 45));
    expect(ledger.account("alice")?.total).toEqual([155, 0, 2]);
    ledger.take(at(3), record("3", 10));
    ledger.take(at(4), record("4", 20));
    see(20);
    expect(ledger.account("alice")?.total).toEqual([185, 0, 4]);
  });
});

describe("a name that goes to somebody else", () => {
  const [T1, T2] = [later(-3600).toISOString(), later(60.5).toISOString()];
  const first = [{ name: "alice", createdAt: T1 }];
  const second = [{ name: "alice", createdAt: T2 }];
  const former = `alice@${T2.replace(/[-:]/g, "")}`;
  const theirs = { startedAt: NOON, endedAt: later(59) };
  const own = { startedAt: later(60), endedAt: later(70) };
  const sight = (bytesIn: number) => [{ name: "alice", bytesIn, bytesOut: 0 }];

  it("begins at nothing, and keeps what was used before under a name of its own", () => {
    const ledger = started();
    ledger.setPeople(first, NOON);
    ledger.see("w1", sight(100), NOON);
    ledger.setPeople(second, later(61));
    expect(ledger.used("alice", "month", later(61))).toBe(0);
    expect(ledger.used(former, "month", later(61))).toBe(100);
    ledger.setPeople(second, later(62));
    ledger.setPeople(first, later(63));
    expect(ledger.used(former, "month", later(63))).toBe(100);
    const third = new Ledger(copy(ledger));
    third.startAt("c1");
    third.take(at(62), record("1", 7, own));
    third.setPeople([{ name: "alice", createdAt: later(600).toISOString() }], later(601));
    third.take(at(602), record("2", 105, theirs));
    third.take(at(603), record("3", 1, own));
    const totals = Object.entries(third.state.accounts).map(([name, { total }]) => [name, total[0]]);
    expect(Object.fromEntries(totals)).toEqual({ [former]: 105, "alice@20261121T121000.000Z": 8, alice: 0 });
  });

  it("may be one that every object has something of", () => {
    const [person, entry] = [{ name: "constructor", createdAt: T1 }, { server: "constructor" }];
    const ledger = started();
    ledger.setPeople([person], NOON);
    ledger.see("w1", [{ name: "constructor", bytesIn: 5, bytesOut: 0 }], NOON);
    ledger.take(at(1), record("1", 7, entry));
    ledger.take(at(2), record("2", 1, { server: "valueOf" }));
    ledger.setPeople([{ ...person, createdAt: T2 }], later(61));
    const again = new Ledger(copy(ledger));
    again.startAt("c1");
    again.take(at(62), record("3", 2, { ...entry, ...own }));
    expect(
      ["constructor", former.replace("alice", "constructor"), "valueOf"].map((it) => again.account(it)?.total),
    ).toEqual([
      [2, 0, 1],
      [7, 0, 1],
      [1, 0, 1],
    ]);
  });

  it("is one person's as long as it has one time, which may be unknown or ahead", () => {
    const ledger = started();
    ledger.take(at(0), record("0", 1));
    ledger.setPeople(first, NOON);
    ledger.setPeople([{ name: "alice", createdAt: "soon" }], NOON);
    ledger.setPeople([{ name: "alice", createdAt: later(5).toISOString() }], NOON);
    ledger.setPeople([{ name: "alice" }], NOON);
    expect(Object.keys(ledger.state.accounts)).toEqual(["alice"]);
    const foreign = started();
    foreign.setPeople([{ name: "alice" }], NOON);
    foreign.take(at(0), record("0", 1));
    foreign.setPeople(second, later(61));
    expect(foreign.account(former)?.total).toEqual([1, 0, 1]);
  });

  it.each([
    ["an entry that was made again", [100, 20, 55], 110, 55],
    ["an entry that was made again and is busy", [100, 104, 155], 110, 160],
    ["an entry that was kept", [100, 110, 165], 110, 55],
    ["an entry that nobody looked at before", [110, 165], 110, 55],
  ])("has its own bytes only, on %s", (_, sights, before, after) => {
    const ledger = started();
    ledger.setPeople(first, NOON);
    const [head, ...rest] = sights.length === 3 ? sights : [0, ...sights];
    ledger.see("w1", sight(head ?? 0), NOON);
    ledger.setPeople(second, later(61));
    if (head === 0) ledger.take(at(62), record("1", before, theirs));
    for (const bytes of rest) ledger.see("w1", sight(bytes), later(62));
    expect(ledger.used("alice", "month", later(62))).toBeLessThanOrEqual(after);
    if (head !== 0) ledger.take(at(62), record("1", before, theirs));
    ledger.take(at(63), record("2", after, own));
    expect(ledger.account("alice")?.total).toEqual([after, 0, 1]);
    expect(ledger.account(former)?.total).toEqual([before, 0, 1]);
  });
});
