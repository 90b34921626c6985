import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Key } from "../../../src/domain/key.ts";
import { HeaderScan, KeyWords } from "../../../src/protocol/header-scan.ts";
import { acceptHeader, HEADER_BYTES, startObfuscated } from "../../../src/protocol/obfuscated2.ts";
import { transports } from "../../../src/protocol/transport.ts";

const keys = Array.from({ length: 40 }, () => Key.fromBytes(randomBytes(16)));
const words = new KeyWords(keys);
const anyTransport = fc.constantFrom(...transports);

describe("a scan of an obfuscated2 header", () => {
  it("finds the key of any client, whatever its transport and random bytes", () => {
    fc.assert(
      fc.property(
        fc.nat(keys.length - 1),
        anyTransport,
        fc.integer({ min: -5, max: 5 }),
        (index, transport, datacenter) => {
          const key = keys[index] as Key;
          const { header } = startObfuscated({ transport, datacenter, key });
          expect(new HeaderScan(header).find(words)).toBe(index);
          expect(acceptHeader(header, keys)?.key).toBe(key);
        },
      ),
    );
  });

  it("counts on through all 128 bits of the counter", () => {
    const key = keys[7] as Key;
    const start = (carry: string) => {
      const random = Buffer.concat([randomBytes(40), Buffer.from(carry, "hex"), randomBytes(8)]);
      random[0] = 0x42;
      return startObfuscated({ transport: "padded", datacenter: 2, key, random: () => random }).header;
    };
    for (const carry of ["ff".repeat(16), `${"00".repeat(12)}fffffffe`, `${"12".repeat(8)}${"ff".repeat(8)}`])
      expect(new HeaderScan(start(carry)).find(words)).toBe(7);
  });

  it("finds nothing for a stranger's key, random bytes, or outside the part that is looked at", () => {
    const { header } = startObfuscated({ transport: "padded", datacenter: 2, key: keys[20] as Key });
    expect(new HeaderScan(header).find(words, 0, 20)).toBe(-1);
    expect(new HeaderScan(header).find(words, 21)).toBe(-1);
    expect(new HeaderScan(header).find(words, 20, 21)).toBe(20);
    const foreign = startObfuscated({ transport: "padded", datacenter: 2, key: Key.fromBytes(randomBytes(16)) });
    expect(new HeaderScan(foreign.header).find(words)).toBe(-1);
    expect(new HeaderScan(randomBytes(HEADER_BYTES)).find(words)).toBe(-1);
    expect(new HeaderScan(header).find(new KeyWords([]))).toBe(-1);
  });

  it("refuses what is no header", () => {
    expect(() => new HeaderScan(randomBytes(63))).toThrow("64 bytes, not 63");
  });
});
