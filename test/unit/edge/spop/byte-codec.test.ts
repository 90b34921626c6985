import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteReader } from "../../../../src/edge/spop/byte-reader.ts";
import { ByteWriter } from "../../../../src/edge/spop/byte-writer.ts";

const UINT64 = (1n << 64n) - 1n;

function written(write: (writer: ByteWriter) => void): Buffer {
  const writer = new ByteWriter();
  write(writer);
  return writer.frame().subarray(4);
}

/** HAProxy's own encoder, from the description in SPOE.txt section 3.1, in the plainest words. */
function plainVarint(value: bigint): number[] {
  if (value < 240n) return [Number(value)];
  const bytes = [Number(value & 0xffn) | 240];
  let rest = (value - 240n) >> 4n;
  while (rest >= 128n) {
    bytes.push(Number(rest & 0xffn) | 128);
    rest = (rest - 128n) >> 7n;
  }
  return [...bytes, Number(rest)];
}

describe("a varint", () => {
  it.each([
    [0n, "00"],
    [239n, "ef"],
    [240n, "f000"],
    [2287n, "ff7f"],
    [2288n, "f08000"],
    [264_431n, "ffff7f"],
    [264_432n, "f0808000"],
  ])("%s is %s", (value, hex) => {
    const bytes = written((writer) => writer.varint(value));
    expect(bytes.toString("hex")).toBe(hex);
    expect(new ByteReader(bytes).varint64()).toBe(value);
  });

  it("of any 64-bit number comes back, in the bytes of the description", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: UINT64 }), (value) => {
        const bytes = written((writer) => writer.varint(value));
        expect([...bytes]).toEqual(plainVarint(value));
        const reader = new ByteReader(bytes);
        expect(reader.varint64()).toBe(value);
        expect(reader.left).toBe(0);
      }),
    );
  });

  it("that is a number comes back as one", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        const bytes = written((writer) => writer.varint(value));
        expect(new ByteReader(bytes).varint()).toBe(value);
      }),
    );
  });

  it.each([
    ["has no end", "ffffff", "ends too early"],
    ["goes on for eleven bytes", "ff".repeat(11), "more than 64 bits"],
    ["is one more than 64 bits hold", plainHex(UINT64 + 1n), "more than 64 bits"],
  ])("is refused when it %s", (_, hex, says) => {
    expect(() => new ByteReader(Buffer.from(hex, "hex")).varint64()).toThrow(says);
  });

  it("is refused as a length beyond what a number holds", () => {
    const bytes = written((writer) => writer.varint(2n ** 53n));
    expect(() => new ByteReader(bytes).varint()).toThrow("too large");
  });
});

function plainHex(value: bigint): string {
  return Buffer.from(plainVarint(value)).toString("hex");
}

describe("counted bytes", () => {
  it("come back whatever was written before them", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 600 })), fc.string({ unit: "grapheme" }), (blocks, text) => {
        const bytes = written((writer) => {
          for (const block of blocks) writer.counted(block);
          writer.string(text);
        });
        const reader = new ByteReader(bytes);
        for (const block of blocks) expect(Buffer.compare(reader.counted(), block)).toBe(0);
        expect(reader.string()).toBe(text);
        expect(reader.left).toBe(0);
      }),
    );
  });

  it("are refused when they are fewer than was said", () => {
    expect(() => new ByteReader(Uint8Array.of(5, 1, 2)).counted()).toThrow("ends too early");
  });
});
