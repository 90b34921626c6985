import { BlockList, isIPv4 } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contains } from "../../../src/domain/network.ts";
import { parseSource, refuses } from "../../../src/domain/source-rule.ts";

describe("a source", () => {
  test.each(["203.0.113.7", "198.51.100.0/24", "0.0.0.0/0", "2001:db8::/32", "::1", "2001:db8:0:0:1::/80"])(
    "may be %s",
    (text) => expect(parseSource(text)).toBe(text),
  );

  test.each([
    "",
    "example.com",
    "203.0.113",
    "203.0.113.7/33",
    "2001:db8::/129",
    "2001:db8::g",
    "1.2.3.4/",
    "1.2.3.4 5.6.7.8",
    "-f /etc/x",
  ])("cannot be %j", (text) => expect(() => parseSource(text)).toThrow(/neither an address nor a network/));

  const ipv6 = fc.ipV6().filter((address) => !/\d\.\d/.test(address));
  const network = fc.oneof(
    fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })),
    fc.tuple(ipv6, fc.integer({ min: 0, max: 128 })),
  );
  test("is in a network when node:net says so", () => {
    const familyOf = (address: string) => (isIPv4(address) ? "ipv4" : "ipv6");
    fc.assert(
      fc.property(network, fc.oneof(fc.ipV4(), ipv6, fc.constant("near")), ([first, bits], other) => {
        const address = other === "near" ? first : other;
        const list = new BlockList();
        list.addSubnet(first, bits, familyOf(first));
        fc.pre(familyOf(first) === familyOf(address));
        expect(contains(`${first}/${bits}`, address)).toBe(list.check(address, familyOf(address)));
      }),
      { numRuns: 1000 },
    );
    expect(contains("0.0.0.0/0", "::1")).toBe(false);
  });
});

describe("a rule for sources", () => {
  const list = ["198.51.100.0/24", "2001:db8::/32"];
  test("allows who is on the list, or blocks them, and never refuses this machine", () => {
    const addresses = ["198.51.100.255", "198.51.101.0", "2001:db8:ffff::1", "2001:db9::", "127.0.0.1", "::1"];
    const refused = (mode: "allow" | "block") => addresses.filter((address) => refuses({ mode, list }, address));
    expect(refused("allow")).toEqual(["198.51.101.0", "2001:db9::"]);
    expect(refused("block")).toEqual(["198.51.100.255", "2001:db8:ffff::1"]);
    expect(refuses({ mode: "allow", list: [] }, "192.0.2.1")).toBe(true);
  });
});
