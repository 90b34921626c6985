import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteQueue } from "../../../src/protocol/byte-queue.ts";
import { anyBytes } from "./arbitraries.ts";

describe("a byte queue", () => {
  it("gives back what was put in, in order, whatever is taken when", () => {
    const step = fc.record({ push: anyBytes(900), take: fc.integer({ min: 0, max: 900 }), skip: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const queue = new ByteQueue();
        let expected = Buffer.alloc(0);
        for (const { push, take, skip } of steps) {
          queue.push(push);
          expected = Buffer.concat([expected, push]);
          expect(queue.length).toBe(expected.length);
          expect(Buffer.compare(queue.view(), expected)).toBe(0);
          if (skip) queue.skip(take);
          else expect(Buffer.compare(queue.take(take), expected.subarray(0, take))).toBe(0);
          expected = expected.subarray(take);
        }
      }),
    );
  });

  it("keeps what was taken when more arrives", () => {
    const queue = new ByteQueue();
    queue.push(Uint8Array.of(1, 2, 3, 4));
    const taken = queue.take(2);
    queue.skip(2);
    queue.push(Uint8Array.of(9, 9, 9, 9));
    expect([...taken]).toEqual([1, 2]);
  });

  it("takes a megabyte byte by byte in well under a second", () => {
    const queue = new ByteQueue();
    const byte = Uint8Array.of(7);
    const started = performance.now();
    for (let count = 0; count < 1 << 20; count++) queue.push(byte);
    expect(queue.take()).toHaveLength(1 << 20);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
