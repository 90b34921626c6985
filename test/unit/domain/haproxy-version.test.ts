import { expect, test } from "vitest";
import { limitsRates, parseHaproxyVersion } from "../../../src/domain/haproxy-version.ts";

test("the version is what haproxy -v begins with", () => {
  const said = "HAProxy version 3.0.11-1+deb13u3 2026/10/17 - https://haproxy.org/\nStatus: long-term supported\n";
  expect(parseHaproxyVersion(said)).toBe("3.0.11-1+deb13u3");
  expect(parseHaproxyVersion("HAProxy version 3.3-dev7-abc123 2026/08/01")).toBe("3.3-dev7-abc123");
  for (const other of ["", "nginx version: nginx/1.24.0", "HAProxy version unknown"])
    expect(parseHaproxyVersion(other)).toBeUndefined();
});

test("rates are for 2.8 and later", () => {
  expect(["2.8.0", "2.8.16-0ubuntu1", "2.10.1", "3.0.11", "10.0"].filter(limitsRates)).toHaveLength(5);
  expect(["2.6.12-1+deb12u4", "2.7.1", "1.9", undefined, "x"].filter(limitsRates)).toEqual([]);
});
