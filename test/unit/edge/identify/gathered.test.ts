import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Gathered } from "../../../../src/edge/identify/gathered.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function gathered() {
  const handed: (readonly string[])[] = [];
  return { handed, things: new Gathered<string>((some) => void handed.push(some), 10) };
}

it("hands the first thing on at once, and those that come soon after it in one go", () => {
  const { handed, things } = gathered();
  for (const thing of ["a", "b", "c"]) things.add(thing);
  expect(handed).toEqual([["a"]]);
  vi.advanceTimersByTime(10);
  expect(handed).toEqual([["a"], ["b", "c"]]);
  things.add("d");
  expect(handed).toHaveLength(2);
  vi.advanceTimersByTime(10);
  expect(handed[2]).toEqual(["d"]);
});

it("hands the next one on at once again when nothing came for a pause", () => {
  const { handed, things } = gathered();
  things.add("a");
  vi.advanceTimersByTime(10);
  things.add("b");
  expect(handed).toEqual([["a"], ["b"]]);
});

it("hands on what there is when it is told to, once", () => {
  const { handed, things } = gathered();
  for (const thing of ["a", "b"]) things.add(thing);
  things.handOn();
  things.handOn();
  expect(handed).toEqual([["a"], ["b"]]);
  vi.advanceTimersByTime(20);
  expect(handed).toHaveLength(2);
});
