import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readBulkList } from "../../../src/state/bulk-list.ts";
import { toCsv } from "../../../src/ui/csv.ts";

describe("a list of people", () => {
  test("is a name a line, with blank lines and comments between", () => {
    expect(readBulkList("\uFEFF# family\nalice\r\n\n  bob \n")).toEqual([
      { line: 2, name: "alice" },
      { line: 4, name: "bob" },
    ]);
  });

  test("is CSV without a head, fields in their order and empty ones left out", () => {
    expect(readBulkList('alice,fake-tls,google.com,30d,"uncle, the elder",a b\nbob,,,never\n')).toEqual([
      {
        line: 1,
        name: "alice",
        mode: "fake-tls",
        domain: "google.com",
        expires: "30d",
        note: "uncle, the elder",
        tags: "a b",
      },
      { line: 2, name: "bob", expires: "never" },
    ]);
  });

  test("is CSV whose head says which fields there are", () => {
    expect(readBulkList("Name,Note\nalice,x\n")).toEqual([{ line: 2, name: "alice", note: "x" }]);
  });

  test("may have somebody called name, who is alone", () => {
    expect(readBulkList("name\n")).toEqual([{ line: 1, name: "name" }]);
  });

  test("names the column that nobody knows, and the line that has too much", () => {
    expect(() => readBulkList("name,colour\nalice,red\n")).toThrow(/"colour" is not a column/);
    expect(() => readBulkList("alice,padded,,30d,uncle,a,club,the elder\n")).toThrow(/line 1 has more fields/);
  });

  test("gives back what a program wrote as CSV", () => {
    const cell = fc.string({ unit: fc.constantFrom("a", "Z", "9", ",", '"', " ", "é") }).map((text) => `x${text}x`);
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1 }), (rows) => {
        const text = toCsv([["name", "note"], ...rows]);
        expect(readBulkList(text).map(({ name, note }) => [name, note])).toEqual(rows);
      }),
    );
  });
});
