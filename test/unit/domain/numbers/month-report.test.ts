import { describe, expect, test } from "vitest";
import { type Account, booked, emptyAccount } from "../../../../src/domain/account.ts";
import { Ledger } from "../../../../src/domain/ledger.ts";
import { parseMonth } from "../../../../src/domain/numbers/month.ts";
import { type MonthFacts, monthRows } from "../../../../src/domain/numbers/month-report.ts";

const month = parseMonth("2026-11", new Date("2026-11-21T12:00:00Z"));
const rowsOf = (facts: Partial<MonthFacts>) =>
  monthRows({ month, users: [], accounts: {}, sums: [], days: [], activeDays: new Map(), isWatched: false, ...facts });

function account(...days: readonly [day: string, bytesIn: number, bytesOut: number][]): Account {
  return days.reduce((sum, [day, ...bytes]) => booked(sum, new Date(`${day}T12:00:00Z`), [...bytes, 1]), emptyAccount);
}

describe("a month of everybody", () => {
  test("has exactly the ledger's bytes of that month, and the days with any", () => {
    const alice = account(["2026-10-31", 1, 2], ["2026-11-01", 10, 20], ["2026-11-01", 5, 5], ["2026-11-30", 100, 200]);
    const days = [{ day: "2026-11-02", user: "alice", households: 3 }];
    const sums = [{ name: "alice", bytesIn: 999, bytesOut: 999, opened: 9, mostActive: 1, lastSeen: 0 }];
    const quota = { bytes: 5000, period: "30d" } as const;
    const users = [{ name: "alice", limits: { quota } }];
    expect(rowsOf({ users, accounts: { alice }, days, sums })).toEqual([
      {
        ...{ account: "alice", username: "alice", until: null, bytesIn: 115, bytesOut: 225, connections: 3 },
        ...{ daysActive: 3, mostHouseholds: 3, quotaBytes: 5000, quotaPeriod: "30d" },
      },
    ]);
  });

  test("tells who had a name before from who has it now, and shared secrets from people", () => {
    const ledger = new Ledger({
      accounts: { alice: { ...account(["2026-11-03", 1, 1]), since: "2026-11-01T00:00:00.000Z" } },
      workers: {},
    });
    ledger.setPeople([{ name: "alice", createdAt: "2026-11-05T06:07:08.009Z" }], new Date("2026-11-21T12:00:00Z"));
    const accounts = { ...ledger.state.accounts, "secret:s1a2b3c": account(["2026-11-04", 9, 9]) };
    expect(
      rowsOf({ users: [{ name: "alice" }], accounts }).map(({ username, until, bytesIn }) => [
        username,
        until,
        bytesIn,
      ]),
    ).toEqual([
      [null, null, 9],
      ["alice", "2026-11-05T06:07:08.009Z", 1],
      ["alice", null, 0],
    ]);
  });

  test("takes from the history what there is no ledger of, and nothing where nobody counted", () => {
    const users = [{ name: "alice" }, { name: "bob" }];
    const sums = [{ name: "bob", bytesIn: 4, bytesOut: 5, opened: 2, mostActive: null, lastSeen: null }];
    const figures = (facts: Partial<MonthFacts>) =>
      rowsOf({ users, ...facts }).map((row) => [row.account, row.bytesIn, row.connections, row.daysActive]);
    expect(figures({ sums })).toEqual([
      ["bob", 4, 2, null],
      ["alice", 0, 0, 0],
    ]);
    expect(figures({ sums, activeDays: new Map([["bob", ["2026-11-03", "2026-11-04"]]]) })[0]).toEqual([
      "bob",
      4,
      2,
      2,
    ]);
    expect(figures({ sums: undefined, days: undefined })).toEqual([
      ["alice", null, null, null],
      ["bob", null, null, null],
    ]);
  });

  test("in which nobody counted is not one of zeros, whatever was counted later", () => {
    const accounts = { alice: account(["2026-12-01", 1, 1]) };
    const users = [{ name: "alice" }];
    const nothing = { bytesIn: null, bytesOut: null, connections: null, daysActive: null };
    expect(rowsOf({ users, accounts, sums: undefined })).toMatchObject([nothing]);
    expect(rowsOf({ users, accounts, isWatched: true })).toMatchObject([{ bytesIn: 0, daysActive: 0 }]);
    const bob = account(["2026-11-02", 3, 4]);
    expect(rowsOf({ users, accounts: { ...accounts, bob }, sums: undefined }).map((row) => row.bytesIn)).toEqual([
      3, 0,
    ]);
  });

  test("does not say how many days it were where those are kept no more", () => {
    const old = { ...account(["2026-11-01", 1, 1]), days: {} };
    expect(rowsOf({ accounts: { old } })[0]).toMatchObject({ bytesIn: 1, daysActive: null, mostHouseholds: null });
  });
});
