import { expect, test } from "vitest";
import { serves } from "../../../src/domain/config-parts.ts";

const running = { rest: "r", keys: ["a", "b"] };

test("an instance serves whom it shall with keys too many, not with one too few, and not otherwise configured", () => {
  expect(serves(running, { rest: "r", keys: ["b"] })).toBe(true);
  expect(serves(running, { rest: "r", keys: [] })).toBe(true);
  expect(serves(running, { rest: "r", keys: ["a", "c"] })).toBe(false);
  expect(serves(running, { rest: "other", keys: ["a"] })).toBe(false);
  expect(serves(undefined, { rest: "r", keys: [] })).toBe(false);
});
