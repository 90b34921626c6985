import { expect, test } from "vitest";
import { table } from "../../../src/ui/table.ts";

test("looks as the requirements draw it", async () => {
  const columns = [
    { title: "Username", minWidth: 10 },
    { title: "Secret (masked)", minWidth: 24 },
    { title: "Enabled" },
    { title: "Created", minWidth: 15 },
  ];
  const rows = [
    ["alice", "dd1a2b...4b5c (32)", "✓", "2025-11-08"],
    ["bob", "dd3c4d...6e7f (32)", "✓", "2025-11-08"],
    ["charlie", "-", "✗", "-"],
  ];
  expect(await table(columns, rows)).toBe(
    `
┌──────────┬────────────────────────┬─────────┬───────────────┐
│ Username │ Secret (masked)        │ Enabled │ Created       │
├──────────┼────────────────────────┼─────────┼───────────────┤
│ alice    │ dd1a2b...4b5c (32)     │ ✓       │ 2025-11-08    │
│ bob      │ dd3c4d...6e7f (32)     │ ✓       │ 2025-11-08    │
│ charlie  │ -                      │ ✗       │ -             │
└──────────┴────────────────────────┴─────────┴───────────────┘`.trim(),
  );
});

test("lets a title take the blank at its right where the column is drawn that narrow", async () => {
  const columns = [
    { title: "Username", minWidth: 10 },
    { title: "VLESS", minWidth: 13 },
    { title: "SOCKS5/HTTP", minWidth: 12 },
    { title: "MTProxy", minWidth: 10 },
  ];
  expect(await table(columns, [["alice", "✓", "✓", "✗"]])).toBe(
    `
┌──────────┬─────────────┬────────────┬──────────┐
│ Username │ VLESS       │ SOCKS5/HTTP│ MTProxy  │
├──────────┼─────────────┼────────────┼──────────┤
│ alice    │ ✓           │ ✓          │ ✗        │
└──────────┴─────────────┴────────────┴──────────┘`.trim(),
  );
});

test("grows with a cell and counts wide letters as two", async () => {
  const lines = (await table([{ title: "N", minWidth: 4 }], [["a-name-of-32-letters"], ["家族"]])).split("\n");
  expect(lines[1]).toBe("│ N                    │");
  expect(lines[3]).toBe("│ a-name-of-32-letters │");
  expect(lines[4]).toBe("│ 家族                 │");
});

test("is a head alone when there are no rows", async () => {
  expect((await table([{ title: "Name" }], [])).split("\n")).toEqual(["┌──────┐", "│ Name │", "└──────┘"]);
});

test("draws thousands of rows as one box", async () => {
  const columns = [
    { title: "Name", minWidth: 12 },
    { title: "SOCKS5/HTTP", minWidth: 12 },
  ];
  const rows = Array.from({ length: 3_000 }, (_, index) => [`user${index}`, index === 2_777 ? "x".repeat(20) : "✓"]);
  const lines = (await table(columns, rows)).split("\n");
  expect(lines).toHaveLength(3_004);
  expect(new Set(lines.map((line) => line.length))).toEqual(new Set([37]));
  expect(lines.slice(0, 4)).toEqual([
    "┌────────────┬──────────────────────┐",
    "│ Name       │ SOCKS5/HTTP          │",
    "├────────────┼──────────────────────┤",
    "│ user0      │ ✓                    │",
  ]);
  expect(lines.slice(3, -1).map((line) => line.slice(2, 11).trim())).toEqual(rows.map(([name]) => name));
  expect(lines.at(-1)).toBe("└────────────┴──────────────────────┘");
});
