import { describe, expect, test } from "vitest";
import { frame } from "../../../src/ui/frame.ts";

const ESCAPES = /\x1b\[[\d;]*[A-Za-z]/g;

describe("a frame of a live picture", () => {
  test("has no more lines and columns than the terminal, so that nothing scrolls", () => {
    const lines = frame("0123456789\nab\nc\nd\ne", 4, 3).replace(ESCAPES, "").split("\r\n");
    expect(lines).toEqual(["0123", "ab"]);
  });

  test("counts columns: wide characters take two, marks none", () => {
    const shown = (text: string, columns: number) => frame(text, columns, 3).replace(ESCAPES, "");
    expect([shown("│ 张伟 │", 5), shown("│ 张伟 │", 6), shown("e\u0301a\u0300bc", 3), shown("🦊x", 1)]).toEqual([
      "│ 张",
      "│ 张伟",
      "e\u0301a\u0300b",
      "",
    ]);
  });

  test("keeps a colour's end where the coloured text is cut", () => {
    expect(frame("\x1b[31mabcdef\x1b[39m", 3, 5)).toContain("\x1b[31mabc\x1b[39m\x1b[K");
  });

  test("begins at the top and takes away what an earlier one left", () => {
    expect(frame("x", 10, 10)).toBe("\x1b[Hx\x1b[K\x1b[J");
  });
});
