import { expect, test } from "vitest";
import { terminalQr } from "../../../src/ui/qr.ts";
import { createStyle } from "../../../src/ui/style.ts";
import { readModules } from "../../support/read-qr.ts";

const link = `tg://proxy?server=proxy.example.com&port=8443&secret=ee${"0a".repeat(16)}${Buffer.from("www.example.com").toString("hex")}`;

/** Each line of block characters is two rows of modules; a block is light. */
function modulesOf(drawn: string): boolean[][] {
  const isLight: Record<string, [boolean, boolean]> = {
    "█": [true, true],
    "▀": [true, false],
    "▄": [false, true],
    " ": [false, false],
  };
  return drawn.split("\n").flatMap((line) => {
    const cells = [...line].map((character) => isLight[character] ?? expect.unreachable(character));
    return [cells.map(([top]) => !top), cells.map(([, bottom]) => !bottom)];
  });
}

test("a terminal shows a code that reads back as the link", async () => {
  const modules = modulesOf(await terminalQr(link, createStyle(false)));
  // The topmost half line is what the terminal shows around the code.
  expect(readModules(modules.slice(1))).toBe(link);
});

test("a terminal with colour shows the same blocks, white on black", async () => {
  const lines = (await terminalQr(link, createStyle(true))).split("\n");
  expect(lines.every((line) => line.startsWith("\x1b[97m\x1b[40m") && line.endsWith("\x1b[49m\x1b[39m"))).toBe(true);
  const plain = lines.join("\n").replace(/\x1b\[\d+m/g, "");
  expect(plain).toBe(await terminalQr(link, createStyle(false)));
});
