import { inspect } from "node:util";
import { expect, it } from "vitest";
import { Key } from "../../../src/domain/key.ts";

const DIGITS = "00112233445566778899aabbccddeeff";
const key = Key.parse(DIGITS.toUpperCase());

it("gives its digits in lower case when they are asked for, and its bytes", () => {
  expect(key.reveal()).toBe(DIGITS);
  expect([...key.bytes()].slice(0, 3)).toEqual([0, 0x11, 0x22]);
  expect(Key.fromBytes(key.bytes()).equals(key)).toBe(true);
});

it("prints as [key] by accident", () => {
  for (const text of [`${key}`, JSON.stringify({ key }), inspect({ key }), inspect([key], { showHidden: true })]) {
    expect(text).toContain("[key]");
    expect(text.toLowerCase()).not.toContain(DIGITS.slice(0, 8));
  }
});

it.each(["", "00", `${DIGITS}0`, `dd${DIGITS}`, DIGITS.replace("0", "g")])(
  "refuses %j without repeating it",
  (text) => {
    expect(() => Key.parse(text)).toThrow(/32 hex digits/);
  },
);

it("refuses another number of bytes", () => {
  expect(() => Key.fromBytes(new Uint8Array(15))).toThrow(/16 bytes/);
});
