import { describe, expect, it } from "vitest";
import { parseImageName } from "../../../src/domain/image-name.ts";

describe("parseImageName", () => {
  it.each([
    "ghcr.io/getpagespeed/mtproxy",
    "localhost:5000/mtproxy:2025-11",
    `mtproxy@sha256:${"0a".repeat(32)}`,
    `sha256:${"0a".repeat(32)}`,
    "1d2e3f",
  ])("takes %s", (name) => {
    expect(parseImageName(name)).toBe(name);
  });

  it.each(["", "--privileged", "a b", "a\nb", "../etc", "$(id)", "a;b", "a\u0000", "x".repeat(256)])(
    "refuses %j, which no image is called",
    (name) => {
      expect(() => parseImageName(name)).toThrow(/is not the name of an image/);
    },
  );
});
