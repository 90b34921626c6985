import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Account, booked, emptyAccount, type Sums } from "../../../../src/domain/account.ts";
import { type AccountMarks, countAccounts } from "../../../../src/domain/numbers/account-marks.ts";

const NOON = new Date("2026-11-21T12:00:00Z");
const [FIRST, SECOND] = ["2026-11-01T00:00:00.000Z", "2026-11-20T00:00:00.000Z"];

const account = (total: Sums, since?: string): Account => ({
  ...booked(emptyAccount, NOON, total),
  ...(since === undefined ? {} : { since }),
});
const sight = (accounts: Readonly<Record<string, Account>>, open: number | null = 0, ended = 0) =>
  new Map(Object.entries(accounts).map(([name, it]) => [name, { account: it, open, ended }]));

describe("marks of accounts", () => {
  it("tell what the ledger has beyond them, and connections with those that are open", () => {
    const first = countAccounts({}, sight({ alice: account([10, 20, 1]) }, 2));
    expect(first.growth).toEqual([{ name: "alice", bytesIn: 10, bytesOut: 20, opened: 3 }]);
    const second = countAccounts(first.marks, sight({ alice: account([15, 20, 3]) }, 0));
    expect(second.growth).toEqual([{ name: "alice", bytesIn: 5, bytesOut: 0, opened: 0 }]);
    expect(second.marks.alice).toMatchObject({ bytesIn: 15, bytesOut: 20, ever: 3 });
  });

  it("count nothing twice when the ledger was read from a file that is older, and go on when it has caught up", () => {
    const { marks } = countAccounts({}, sight({ alice: account([100, 100, 5]) }));
    const behind = countAccounts(marks, sight({ alice: account([60, 100, 4]) }));
    expect(behind.growth).toEqual([{ name: "alice", bytesIn: 0, bytesOut: 0, opened: 0 }]);
    const ahead = countAccounts(behind.marks, sight({ alice: account([130, 110, 6]) }));
    expect(ahead.growth).toEqual([{ name: "alice", bytesIn: 30, bytesOut: 10, opened: 1 }]);
  });

  it("keep the number of open connections while nobody can tell it", () => {
    const { marks } = countAccounts({}, sight({ alice: account([0, 0, 1]) }, 3));
    const unknown = countAccounts(marks, sight({ alice: account([0, 0, 1]) }, null));
    expect(unknown.growth).toMatchObject([{ opened: 0 }]);
    expect(countAccounts(unknown.marks, sight({ alice: account([0, 0, 1]) }, 4)).growth).toMatchObject([{ opened: 1 }]);
  });

  it("count those that came after HAProxy was killed, though of those before no record comes", () => {
    const { marks } = countAccounts({}, sight({ alice: account([0, 0, 2]) }, 8));
    const { growth, marks: after } = countAccounts(marks, sight({ alice: account([0, 0, 2]) }, 3), true);
    expect(growth).toMatchObject([{ opened: 3 }]);
    expect(after.alice?.ever).toBe(13);
    // Six of the eight had ended before it was.
    const some = countAccounts(marks, sight({ alice: account([0, 0, 8]) }, 3, 6), true);
    expect(some.growth).toMatchObject([{ opened: 3 }]);
  });

  it("begin at nothing for somebody else of the same name, and go on with the one before under the ledger's name", () => {
    const { marks } = countAccounts({}, sight({ alice: account([100, 200, 3], FIRST) }));
    const former = "alice@20261120T000000.000Z";
    const after = countAccounts(
      marks,
      sight({ [former]: account([110, 200, 4], FIRST), alice: account([7, 8, 1], SECOND) }),
    );
    expect(after.handedOver).toEqual([{ from: "alice", to: former }]);
    expect(after.growth).toEqual([
      { name: former, bytesIn: 10, bytesOut: 0, opened: 1 },
      { name: "alice", bytesIn: 7, bytesOut: 8, opened: 1 },
    ]);
  });

  it("begin at nothing for somebody else when the ledger knows nothing of the one before", () => {
    const { marks } = countAccounts({}, sight({ alice: account([100, 200, 3], FIRST) }));
    const after = countAccounts(marks, sight({ alice: account([7, 8, 1], SECOND) }));
    expect(after.growth).toEqual([{ name: "alice", bytesIn: 7, bytesOut: 8, opened: 1 }]);
    expect(after.handedOver).toEqual([]);
  });

  it("take an account that is only now told whose it is for the same person's", () => {
    const { marks } = countAccounts({}, sight({ alice: account([100, 200, 3]) }));
    expect(countAccounts(marks, sight({ alice: account([101, 200, 3], FIRST) })).growth).toMatchObject([
      { bytesIn: 1 },
    ]);
  });

  it("add up to the ledger, over kills that take it back to the last file, at whatever instant", () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.tuple(fc.constantFrom("alice", "bob"), fc.nat(1000), fc.nat(1000)) },
      { weight: 3, arbitrary: fc.constantFrom("look" as const, "save" as const, "kill" as const) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const truth: Record<string, Account> = {};
        // The ledger reads again what it had not saved: from a while after a kill on it is as it was.
        let [ledger, saved]: Record<string, Account>[] = [{}, {}];
        let marks: AccountMarks = {};
        const sums: Record<string, [number, number]> = {};
        const look = (): void => {
          const counted = countAccounts(marks, sight(ledger ?? {}));
          marks = counted.marks;
          for (const { name, bytesIn, bytesOut } of counted.growth) {
            expect(Math.min(bytesIn, bytesOut)).toBeGreaterThanOrEqual(0);
            const [a, b] = sums[name] ?? [0, 0];
            sums[name] = [a + bytesIn, b + bytesOut];
          }
        };
        for (const it of steps) {
          if (it === "look") look();
          else if (it === "save") saved = { ...ledger };
          else if (it === "kill") ledger = { ...saved };
          else {
            const [name, bytesIn, bytesOut] = it;
            truth[name] = booked(truth[name] ?? emptyAccount, NOON, [bytesIn, bytesOut, 1]);
            ledger = { ...truth };
          }
        }
        ledger = { ...truth };
        look();
        for (const [name, { total }] of Object.entries(truth)) expect(sums[name]).toEqual([total[0], total[1]]);
      }),
    );
  });
});
