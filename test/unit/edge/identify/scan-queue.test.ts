import { describe, expect, it } from "vitest";
import { ScanQueue } from "../../../../src/edge/identify/scan-queue.ts";

/** A clock that only work moves; who gives way lets the others run. */
function workClock() {
  let now = 0;
  return {
    now: () => now,
    worked: () => now,
    giveWay: async () => {
      for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
    },
    work: (milliseconds: number) => {
      now += milliseconds;
    },
  };
}

const found = { who: "alice" };

describe("a search", () => {
  it("finds in the slice where it is, and says when there is nothing", async () => {
    const queue = new ScanQueue(workClock());
    const tried: [number, number][] = [];
    const look = (at: number) => (from: number, to: number) => {
      tried.push([from, to]);
      return from <= at && at < to ? found : undefined;
    };
    expect(await queue.search("a", 200, look(100))).toBe(found);
    expect(await queue.search("a", 200, look(500))).toBe(undefined);
    expect(tried).toEqual([
      [0, 64],
      [64, 128],
      [0, 64],
      [64, 128],
      [128, 192],
      [192, 200],
    ]);
  });

  it("is given up after 400 ms, and what comes later than that is not begun", async () => {
    const clock = workClock();
    const queue = new ScanQueue(clock, { all: 1e6, address: 1e6 });
    const slow = () => void clock.work(160);
    const [latest, ...early] = [
      queue.search("a", 1000, slow),
      queue.search("b", 64, slow),
      queue.search("c", 64, slow),
    ];
    expect(await latest).toBe("busy");
    expect(await Promise.all(early)).toEqual(["busy", "busy"]);
  });

  it("is not made for whom others made it meanwhile, nor refused to them when the time is over", async () => {
    const clock = workClock();
    const queue = new ScanQueue(clock, { all: 1e6, address: 1e6 });
    let known: typeof found | undefined;
    const searches: string[] = [];
    const search = (who: string, milliseconds: number) => {
      const look = () => {
        searches.push(who);
        clock.work(milliseconds);
        known = found;
        return found;
      };
      return queue.search("household", 64, look, () => known);
    };
    const answers = [search("first", 500), search("second", 1), search("third", 1)];
    expect(await Promise.all(answers)).toEqual([found, found, found]);
    expect(searches).toEqual(["first"]);
  });

  it("serves who came last first", async () => {
    const queue = new ScanQueue(workClock());
    const order: string[] = [];
    const name = (who: string) => () => void order.push(who);
    await Promise.all(["first", "second", "third"].map((who) => queue.search(who, 10, name(who))));
    expect(order).toEqual(["first", "third", "second"]);
  });

  it("lets others run in between", async () => {
    const clock = workClock();
    const queue = new ScanQueue(clock);
    const events: string[] = [];
    const search = queue.search("a", 256, (from) => {
      clock.work(2);
      events.push(`slice ${from}`);
      return undefined;
    });
    await Promise.resolve();
    const other = Promise.resolve().then(() => events.push("known client"));
    await Promise.all([search, other]);
    expect(events.indexOf("known client")).toBeLessThan(events.indexOf("slice 128"));
  });

  it("lets others run before each search, however short they are", async () => {
    const clock = workClock();
    let turns = 0;
    const queue = new ScanQueue({
      ...clock,
      giveWay: () => {
        turns += 1;
        return clock.giveWay();
      },
    });
    const seen: number[] = [];
    await Promise.all(Array.from({ length: 20 }, () => queue.search("a", 64, () => void seen.push(turns))));
    expect(seen).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  });

  it("keeps an address within its budget, and leaves the others theirs", async () => {
    const clock = workClock();
    const queue = new ScanQueue(clock, { all: 500, address: 100 });
    const answers = [];
    for (let turn = 0; turn < 12; turn += 1) answers.push(await queue.search("flood", 64, () => void clock.work(20)));
    expect(answers.filter((answer) => answer === undefined).length).toBeGreaterThanOrEqual(5);
    expect(answers.filter((answer) => answer === "busy").length).toBeGreaterThanOrEqual(5);
    expect(await queue.search("somebody", 64, () => found)).toBe(found);
    clock.work(1000);
    expect(await queue.search("flood", 64, () => found)).toBe(found);
  });

  it("lets a search that was begun come to its end, and the address pay for it afterwards", async () => {
    const clock = workClock();
    const queue = new ScanQueue(clock, { all: 500, address: 100 });
    expect(
      await queue.search("a", 640, (from) => {
        clock.work(14);
        return from === 576 ? found : undefined;
      }),
    ).toBe(found);
    expect(await queue.search("a", 64, () => found)).toBe("busy");
    clock.work(500);
    expect(await queue.search("a", 64, () => found)).toBe(found);
  });

  it("comes to its end although the time of all is used up with it, and they wait for the next", async () => {
    const clock = workClock();
    const queue = new ScanQueue(clock, { all: 10, address: 5, saved: 5 });
    const slow = (from: number) => {
      clock.work(10);
      return from === 576 ? found : undefined;
    };
    expect(await queue.search("a", 640, slow)).toBe(found);
    expect(await queue.search("b", 64, () => found)).toBe("busy");
    clock.work(4000);
    expect(await queue.search("c", 64, () => found)).toBe("busy");
    clock.work(1500);
    expect(await queue.search("d", 64, () => found)).toBe(found);
  });

  it("keeps all strangers within one budget, however many addresses they have", async () => {
    const clock = workClock();
    const queue = new ScanQueue(clock, { all: 500, address: 100 });
    let searched = 0;
    for (let turn = 0; turn < 200; turn += 1) {
      const answer = await queue.search(`address ${turn}`, 64, () => void clock.work(10));
      if (answer === undefined) searched += 1;
      clock.work(1);
    }
    const seconds = clock.now() / 1000;
    expect(10 * searched).toBeLessThanOrEqual(500 * (seconds + 1) + 10);
    expect(10 * searched).toBeGreaterThan(500 * seconds * 0.9);
  });

  it("remembers a bounded number of addresses, and of those who wait", async () => {
    const queue = new ScanQueue(workClock());
    for (let turn = 0; turn < 25_000; turn += 1) await queue.search(`address ${turn}`, 0, () => undefined);
    const crowd = await Promise.all(
      Array.from({ length: 2000 }, (_, turn) => queue.search(`crowd ${turn}`, 10, () => found)),
    );
    expect(crowd.filter((answer) => answer === found).length).toBe(501);
    expect(await queue.search("after", 10, () => found)).toBe(found);
  });

  it("that fails makes way for the next", async () => {
    const queue = new ScanQueue(workClock());
    const fail = () => {
      throw new Error("a fault of ours");
    };
    await expect(queue.search("a", 10, fail)).rejects.toThrow("a fault of ours");
    expect(await queue.search("a", 10, () => found)).toBe(found);
  });
});
