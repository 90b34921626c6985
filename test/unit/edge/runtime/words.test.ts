import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { askHaproxy } from "../../../../src/edge/runtime/ask.ts";
import { addressWord, keyWord, nameWord, numberWord, pointerWord } from "../../../../src/edge/runtime/words.ts";

const NOBODY_THERE = "/nonexistent/haproxy.sock";

describe("a word in a command to HAProxy", () => {
  it("is a name of ours", () => {
    for (const name of ["alice", "alice:old", "secret:3", "Bob.the-2nd_"]) expect(nameWord(name)).toBe(name);
    expect(keyWord("alice/2001:db8::")).toBe("alice/2001:db8::");
    expect(addressWord("10.9.0.18")).toBe("10.9.0.18");
    expect(pointerWord("0x7fcf1803a870")).toBe("0x7fcf1803a870");
    expect(numberWord(0)).toBe("0");
  });

  it("never holds what begins another word or command", () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom(" ", ";", "\n", "\\", "<<", "@"), fc.string(), (a, odd, b) => {
        for (const word of [nameWord, keyWord, addressWord, pointerWord]) expect(() => word(a + odd + b)).toThrow();
      }),
    );
    for (const value of [-1, 1.5, Number.NaN, 2 ** 60]) expect(() => numberWord(value)).toThrow();
  });

  it("that got past is stopped before the socket", async () => {
    for (const command of ["show info; shutdown", "a\nb", "a <<\nb", "a\\ b", ""])
      expect(() => askHaproxy(NOBODY_THERE, command)).toThrow(/cannot have/);
    await expect(askHaproxy(NOBODY_THERE, "show info")).rejects.toThrow(/does not answer/);
  });
});
