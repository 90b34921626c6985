import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { freeSubnet, instanceAddress, parseEdgeSubnet, routedNetworks } from "../../../src/domain/edge-network.ts";

describe("the shards' own network", () => {
  test("gives each instance an address of its own, two a shard", () => {
    expect(instanceAddress("10.200.0.0/22", 1, "a")).toBe("10.200.0.18");
    expect(instanceAddress("10.200.0.0/22", 1, "b")).toBe("10.200.0.19");
    expect(instanceAddress("10.200.0.0/22", 2, "a")).toBe("10.200.0.20");
    expect(instanceAddress("10.200.0.0/22", 500, "b")).toBe("10.200.3.249");
  });

  test("has no two instances at one address", () => {
    const places = fc.record({
      id: fc.integer({ min: 1, max: 480 }),
      side: fc.constantFrom("a" as const, "b" as const),
    });
    fc.assert(
      fc.property(places, places, (one, other) => {
        const isSame = one.id === other.id && one.side === other.side;
        const [first, second] = [one, other].map(({ id, side }) => instanceAddress("10.7.0.0/22", id, side));
        expect(first === second).toBe(isSame);
      }),
    );
  });

  test("says when it has no room", () => {
    expect(() => instanceAddress("10.200.0.0/22", 510, "a")).toThrow(/no room for shard 510/);
  });

  test("is its first address and at most 22 bits", () => {
    expect(parseEdgeSubnet("10.200.0.0/22")).toBe("10.200.0.0/22");
    for (const text of ["10.200.0.1/22", "10.200.0.0/24", "10.0.0.0/4", "10.200.0.0", "", "10.300.0.0/22", "::1/22"])
      expect(() => parseEdgeSubnet(text)).toThrow(expect.objectContaining({ kind: "invalid" }));
  });
});

describe("a free network", () => {
  test("overlaps none that is taken", () => {
    expect(freeSubnet([])).toBe("10.213.0.0/22");
    expect(freeSubnet(["10.213.0.0/24"])).toBe("10.213.32.0/22");
    expect(freeSubnet(["10.213.0.0/16", "172.17.0.0/16", "10.212.0.17/32"])).toBe("10.212.32.0/22");
    expect(freeSubnet(["10.0.0.0/8"])).toBeUndefined();
  });

  test("knows what is routed, but for the default route", () => {
    const table = [
      "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
      "eth0\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\t0\t0\t0",
      "eth0\t0000D50A\t00000000\t0001\t0\t0\t0\t00FCFFFF\t0\t0\t0",
      "docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0",
      "",
    ].join("\n");
    expect(routedNetworks(table)).toEqual(["10.213.0.0/22", "172.17.0.0/16"]);
  });
});
