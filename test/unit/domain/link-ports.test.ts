import fc from "fast-check";
import { expect, test } from "vitest";
import { linkPorts, multiport } from "../../../src/domain/link-ports.ts";

const settings = { port: 443, portRange: { first: 8444, last: 9467 } };
const at = (...retiredPorts: number[]) => linkPorts(settings, { shards: [], retiredPorts });

test("ports that older links name are there too, once, and not where the range has them", () => {
  expect(multiport(at(8443, 8500, 7000, 443))).toBe("443,8444:9467,7000,8443");
  expect(
    multiport(linkPorts({ port: 443, portRange: { first: 443, last: 443 } }, { shards: [], retiredPorts: [] })),
  ).toBe("443");
});

test("however many they are, iptables takes the list, and every one of them is in it", () => {
  const ports = fc.uniqueArray(fc.integer({ min: 1, max: 65535 }), { maxLength: 60 });
  fc.assert(
    fc.property(ports, (retired) => {
      const parts = multiport(at(...retired)).split(",");
      expect(parts.reduce((sum, part) => sum + (part.includes(":") ? 2 : 1), 0)).toBeLessThanOrEqual(15);
      const ranges = parts.map((part) => part.split(":").map(Number));
      for (const port of [443, 8444, 9467, ...retired])
        expect(ranges.some(([first = 0, last = first]) => port >= first && port <= last)).toBe(true);
    }),
  );
});
