import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatQuotaBytes,
  isPeriod,
  parseCount,
  parsePeriod,
  parseQuotaBytes,
} from "../../../src/domain/user-limits.ts";

describe("an amount of data", () => {
  it("is counted in powers of ten", () => {
    expect(parseQuotaBytes("50G")).toBe(50_000_000_000);
    expect(parseQuotaBytes("1.5t")).toBe(1_500_000_000_000);
    expect(parseQuotaBytes("800MB")).toBe(800_000_000);
    expect(parseQuotaBytes("20k")).toBe(20_000);
    expect(parseQuotaBytes("512")).toBe(512);
  });

  it("is at least a byte and at most a thousand terabytes", () => {
    for (const text of ["0", "0G", "", "-1G", "50 GiB", "1e3", "1001T", "G", "1.G", "١G"])
      expect(() => parseQuotaBytes(text), text).toThrow(/not an amount/);
  });

  it("is shown so that it reads back as the same", () => {
    expect(formatQuotaBytes(50e9)).toBe("50G");
    expect(formatQuotaBytes(1.5e12)).toBe("1.5T");
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e15 }), (bytes) => {
        expect(parseQuotaBytes(formatQuotaBytes(bytes))).toBe(bytes);
      }),
    );
  });
});

describe("a period", () => {
  it("is the calendar month, or up to sixty days", () => {
    expect(parsePeriod(" Month")).toBe("month");
    expect(parsePeriod("30d")).toBe("30d");
    expect(["1d", "60d"].every(isPeriod)).toBe(true);
    for (const text of ["", "0d", "61d", "100d", "030d", "d", "year", "30"]) expect(() => parsePeriod(text)).toThrow();
  });
});

describe("a count", () => {
  it("is a whole number from 1", () => {
    expect(parseCount("8", "connections")).toBe(8);
    for (const text of ["0", "-1", "1.5", "", "1000000", "eight"])
      expect(() => parseCount(text, "connections")).toThrow(/number of connections/);
  });
});
