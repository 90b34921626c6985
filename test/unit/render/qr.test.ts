import { expect, test } from "vitest";
import { pngQr, svgQr } from "../../../src/render/qr.ts";
import { readPng, readSvg } from "../../support/read-qr.ts";

const key = "0123456789abcdef0123456789abcdef";
const hex = (text: string) => Buffer.from(text).toString("hex");
const longest = `${"a".repeat(63)}.${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(61)}`;
const links = {
  padded: `tg://proxy?server=203.0.113.7&port=443&secret=dd${key}`,
  "fake-TLS": `tg://proxy?server=proxy.example.com&port=8443&secret=ee${key}${hex("www.example.com")}`,
  "fake-TLS with the longest names of DNS": `tg://proxy?server=${longest}&port=65535&secret=ee${key}${hex(longest)}`,
};

test.each(Object.entries(links))("the PNG of a %s link is 300 × 300 and reads back", async (_, link) => {
  expect(readPng(await pngQr(link))).toEqual({ text: link, width: 300, height: 300 });
});

test.each(Object.entries(links))("the SVG of a %s link reads back", async (_, link) => {
  expect(readSvg(await svgQr(link))).toBe(link);
});
