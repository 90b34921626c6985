import { describe, expect, it } from "vitest";
import { connectionsThatFit } from "../../../../src/engine/trial/open-files.ts";

const limits = (soft: string): string => `Limit                     Soft Limit           Hard Limit           Units
Max processes             1000                 1000                 processes
Max open files            ${soft.padEnd(20)} 20000                files     `;

describe("connectionsThatFit", () => {
  it("counts two files a connection and leaves some for the process itself", () => {
    expect(connectionsThatFit(limits("1064"))).toBe(500);
    expect(connectionsThatFit(limits("64"))).toBe(1);
    expect(connectionsThatFit(limits("unlimited"))).toBe(Number.POSITIVE_INFINITY);
  });

  it("reads the limits of this process", () => {
    expect(connectionsThatFit()).toBeGreaterThan(1);
  });
});
