import { expect, test } from "vitest";
import { terminalQr } from "../../../src/ui/qr.ts";
import { createStyle } from "../../../src/ui/style.ts";
import { readBlocks } from "../../support/read-qr.ts";

const link = `tg://proxy?server=proxy.example.com&port=8443&secret=ee${"0a".repeat(16)}${Buffer.from("www.example.com").toString("hex")}`;

test("a terminal shows a code that reads back as the link", async () => {
  expect(readBlocks(await terminalQr(link, createStyle(false)))).toBe(link);
});

test("a terminal with colour shows the same blocks, white on black", async () => {
  const lines = (await terminalQr(link, createStyle(true))).split("\n");
  expect(lines.every((line) => line.startsWith("\x1b[97m\x1b[40m") && line.endsWith("\x1b[49m\x1b[39m"))).toBe(true);
  const plain = lines.join("\n").replace(/\x1b\[\d+m/g, "");
  expect(plain).toBe(await terminalQr(link, createStyle(false)));
});
