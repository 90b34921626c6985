import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Account, booked, emptyAccount } from "../../../../src/domain/account.ts";
import { countAccounts } from "../../../../src/domain/numbers/account-marks.ts";
import { pastOf } from "../../../../src/domain/numbers/past.ts";

const NOW = new Date("2026-11-21T09:00:00Z");
const DAY_MS = 86_400_000;

describe("the past of a ledger", () => {
  it("is an entry a day, in order, without today", () => {
    let alice = booked(emptyAccount, new Date("2026-11-19T23:00:00Z"), [1, 2, 1]);
    alice = booked(alice, new Date("2026-11-20T01:00:00Z"), [10, 20, 2]);
    alice = booked(alice, NOW, [100, 200, 3]);
    const past = pastOf({ alice }, NOW);
    expect(past.map(({ at }) => new Date(at).toISOString())).toEqual([
      "2026-11-19T12:00:00.000Z",
      "2026-11-20T12:00:00.000Z",
    ]);
    expect(past[1]?.increments).toEqual([
      { kind: "all", name: "", bytesIn: 10, bytesOut: 20, opened: 2, active: null },
      { kind: "user", name: "alice", bytesIn: 10, bytesOut: 20, opened: 2, active: null },
    ]);
    expect(past[1]?.marks.alice).toMatchObject({ bytesIn: 11, bytesOut: 22, opened: 3 });
  });

  it("leaves to the first look exactly what is missing of the ledger, wherever the writing of it was cut off", () => {
    const use = fc.record({ name: fc.constantFrom("alice", "bob"), daysAgo: fc.nat(400), bytes: fc.nat(10_000) });
    fc.assert(
      fc.property(fc.array(use, { maxLength: 100 }), fc.nat(100), (uses, cut) => {
        const accounts: Record<string, Account> = {};
        for (const { name, daysAgo, bytes } of uses.toSorted((a, b) => b.daysAgo - a.daysAgo)) {
          const at = new Date(NOW.getTime() - daysAgo * DAY_MS);
          accounts[name] = booked(accounts[name] ?? emptyAccount, at, [bytes, 2 * bytes, 1]);
        }
        const written = pastOf(accounts, NOW).slice(0, cut);
        const sights = new Map(
          Object.entries(accounts).map(([name, account]) => [name, { account, open: 0, ended: 0 }]),
        );
        const { growth } = countAccounts(written.at(-1)?.marks ?? {}, sights);
        for (const [name, { total }] of Object.entries(accounts)) {
          const all = [...written.flatMap(({ increments }) => increments), ...growth].filter((it) => it.name === name);
          expect(all.reduce((sum, it) => sum + it.bytesIn, 0)).toBe(total[0]);
          expect(all.reduce((sum, it) => sum + it.opened, 0)).toBe(total[2]);
        }
      }),
    );
  });
});
