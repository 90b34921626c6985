import { expect, test } from "vitest";
import { OVER, unlessOver } from "../../../src/ui/unless-over.ts";

test("whoever quits waits for nothing that hangs, and what fails later is nobody's", async () => {
  const quit = new AbortController();
  expect(await unlessOver(Promise.resolve(7), quit.signal)).toBe(7);
  await expect(unlessOver(Promise.reject(new Error("no")), quit.signal)).rejects.toThrow("no");
  let fail = (_: Error): void => {};
  const hanging = new Promise<number>((_, reject) => {
    fail = reject;
  });
  const waiting = unlessOver(hanging, quit.signal);
  quit.abort();
  expect(await waiting).toBe(OVER);
  fail(new Error("later"));
  expect(await unlessOver(new Promise(() => {}), quit.signal)).toBe(OVER);
});
