import { expect, test } from "vitest";
import { afterFailure, mayTry, noFailure, type Retry } from "../../../src/domain/retry.ts";

test("attempts come after 5 minutes, then more and more seldom, but four times a day", () => {
  let now = new Date("2026-11-21T08:00:00.000Z");
  let retry: Retry = noFailure;
  const minutes: number[] = [];
  for (let attempt = 0; attempt < 10; attempt++) {
    expect(mayTry(retry, now)).toBe(true);
    retry = afterFailure(retry, now);
    expect(mayTry(retry, now)).toBe(false);
    const next = new Date(retry.notBefore ?? "");
    minutes.push((next.getTime() - now.getTime()) / 60_000);
    now = next;
  }
  expect(minutes).toEqual([5, 10, 20, 40, 80, 160, 320, 360, 360, 360]);
});
