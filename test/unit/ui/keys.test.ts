import { expect, test } from "vitest";
import { keysOf, quits } from "../../../src/ui/keys.ts";

test("keys are told by name, whichever way a terminal sends them and however many at once", () => {
  expect(keysOf("\x1b[A\x1bOBt\x1b[5~\x1b[6~\x1b[1~\x1b[Fr")).toEqual([
    ...["up", "down", "t", "pageup", "pagedown", "home", "end", "r"],
  ]);
});

test("a key that has no name here is nothing, and its letters are no keys", () => {
  expect(keysOf("\x1b[15~\x1b[1;5Dq")).toEqual(["", "", "q"]);
});

test("q, Ctrl-C and Ctrl-D quit", () => {
  expect(keysOf("qQ\x03\x04x").map(quits)).toEqual([true, true, true, true, false]);
});
