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
  });

  it("adds what is open, and never twice what has ended meanwhile", () => {
    const ledger = started();
    ledger.see("w1", [{ name: "alice", bytesIn: 100, bytesOut: 50 }]);
    ledger.see("w0", [{ name: "alice:old", bytesIn: 7, bytesOut: 0 }]);
    expect(ledger.open("alice")).toBe(157);
    ledger.take(at(1), record("1", 60, { bytesOut: 50 }));
    expect(ledger.used("alice", "month", NOON)).toBe(157);
    ledger.take(at(2), record("2", 70));
    expect(ledger.used("alice", "month", NOON)).toBe(187);
    ledger.see("w1", [{ name: "alice", bytesIn: 130, bytesOut: 50 }]);
    expect(ledger.used("alice", "month", NOON)).toBe(187);
  });

  it("books what a worker took along that was killed, once, also when its records come late", () => {
    const ledger = started();
    ledger.see("w1", [{ name: "alice", bytesIn: 100, bytesOut: 50 }]);
    ledger.take(at(1), record("1", 30));
    ledger.settle([], NOON);
    ledger.settle([], later(10));
    expect(ledger.account("alice")?.total).toEqual([30, 0, 1]);
    ledger.settle([], later(20));
    ledger.settle([], later(30));
    expect(ledger.account("alice")?.total).toEqual([100, 50, 1]);
    expect(ledger.open("alice")).toBe(0);
    const again = new Ledger(copy(ledger));
    again.take(at(2), record("2", 50, { bytesOut: 60 }));
    expect(again.account("alice")?.total).toEqual([100, 60, 2]);
    again.take(at(3), record("3", 30));
    expect(again.account("alice")?.total).toEqual([110, 60, 3]);
    again.settle([], later(90_000));
    again.settle([], later(180_000));
    expect(again.state.workers).toEqual({});
  });
});
