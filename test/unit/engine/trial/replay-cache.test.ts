import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { ReplayCache } from "../../../../src/engine/trial/replay-cache.ts";

describe("the replay cache", () => {
  it("admits a random once", () => {
    const cache = new ReplayCache({ keepMs: 1000, capacity: 10 });
    const random = randomBytes(32);
    expect([cache.admit(random), cache.admit(random), cache.admit(randomBytes(32))]).toEqual([true, false, true]);
  });

  it("forgets after its time and not before, however often it is asked", () => {
    let now = 0;
    const cache = new ReplayCache({ keepMs: 1000, capacity: 10, now: () => now });
    const random = randomBytes(32);
    cache.admit(random);
    now = 999;
    expect(cache.admit(random)).toBe(false);
    now = 1000;
    expect(cache.admit(random)).toBe(true);
  });

  it("holds no more than its capacity and forgets the oldest first", () => {
    const cache = new ReplayCache({ keepMs: 1000, capacity: 3 });
    const [first, ...others] = Array.from({ length: 4 }, () => randomBytes(32));
    for (const random of [first, ...others]) cache.admit(random ?? new Uint8Array());
    expect(cache.size).toBe(3);
    expect(others.map((random) => cache.admit(random))).toEqual([false, false, false]);
  });
});
