import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { Sha256Of48 } from "../../../src/protocol/sha256-words.ts";
import { wordsOf } from "./words.ts";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

it("hashes 48 bytes as SHA-256 does, however often the first half is used again", () => {
  fc.assert(
    fc.property(bytes(32), fc.array(bytes(16), { minLength: 1, maxLength: 5 }), (first, seconds) => {
      const hash = new Sha256Of48(wordsOf(first));
      for (const [index, second] of seconds.entries()) {
        hash.update(wordsOf(Buffer.concat(seconds)), 4 * index);
        const digest = createHash("sha256").update(first).update(second).digest();
        expect([...hash.digest]).toEqual([...wordsOf(digest)]);
      }
    }),
  );
});

it("keeps what two hashes began with apart when they take turns", () => {
  fc.assert(
    fc.property(bytes(32), bytes(32), bytes(16), (one, other, second) => {
      const begun = [one, other].map((first) => ({ first, hash: new Sha256Of48(wordsOf(first)) }));
      for (const { first, hash } of [...begun, ...begun]) {
        hash.update(wordsOf(second), 0);
        expect([...hash.digest]).toEqual([...wordsOf(createHash("sha256").update(first).update(second).digest())]);
      }
    }),
  );
});
