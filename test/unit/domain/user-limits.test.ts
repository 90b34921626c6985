import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatQuotaBytes,
  isPeriod,
  parseCount,
  parsePeriod,
  parseQuotaBytes,
  parseRate,
  ratesOf,
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

describe("a rate", () => {
  it("is so many bytes a second, in powers of ten", () => {
    expect([parseRate("2M"), parseRate("500k"), parseRate("1.5MB/s"), parseRate("10000")]).toEqual([
      2_000_000, 500_000, 1_500_000, 10_000,
    ]);
  });

  it("is not so slow that no app works, and not faster than HAProxy counts", () => {
    for (const text of ["0", "9999", "9K", "5G", "-1M", "2 m/h", "", "fast", "1e6"])
      expect(() => parseRate(text), text).toThrow(/is not a rate/);
  });

  it("is shown so that it reads back as the same", () => {
    fc.assert(
      fc.property(fc.integer({ min: 10_000, max: 4e9 }), (rate) => {
        expect(parseRate(formatQuotaBytes(rate))).toBe(rate);
      }),
    );
  });

  it("is counted once, whoever has it", () => {
    expect(ratesOf([{ rate: 3e6 }, {}, { rate: 1e6 }, { rate: 3e6 }])).toEqual([1e6, 3e6]);
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
