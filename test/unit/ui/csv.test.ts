import fc from "fast-check";
import { expect, test } from "vitest";
import { readCsv } from "../../../src/state/import/csv-text.ts";
import { toCsv } from "../../../src/ui/csv.ts";

test("cells are quoted where they must be, and no text is a formula", () => {
  expect(
    toCsv([
      ["a", 1, true, null],
      ['say "hi"', "a,b", "two\nlines", "=1+1"],
      ["+1", "-1", "@x", "\tx"],
    ]),
  ).toBe(`a,1,true,\r\n"say ""hi""","a,b","two\nlines",'=1+1\r\n'+1,'-1,'@x,'\tx\r\n`);
});

test("what is written is read again", () => {
  const cells = fc.string({ unit: "grapheme" }).filter((text) => !text.startsWith("'"));
  fc.assert(
    fc.property(fc.array(fc.tuple(cells, cells), { minLength: 1 }), (rows) => {
      const wanted = rows.filter((row) => row.some((cell) => cell !== "")).map(([one, two]) => ({ one, two }));
      expect(readCsv(toCsv([["one", "two"], ...rows]))).toEqual(wanted);
    }),
  );
});
