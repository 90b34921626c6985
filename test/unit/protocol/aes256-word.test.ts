import { createCipheriv } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { encryptThirdWord } from "../../../src/protocol/aes256-word.ts";
import { wordsOf } from "./words.ts";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

it("gives bytes 8 to 11 of the block of FIPS 197, appendix C.3", () => {
  const key = Buffer.from(Array.from({ length: 32 }, (_, index) => index));
  const block = Buffer.from("00112233445566778899aabbccddeeff", "hex");
  expect(encryptThirdWord(wordsOf(key), wordsOf(block)) >>> 0).toBe(0xeafc4990);
});

it("gives what AES-256 gives", () => {
  fc.assert(
    fc.property(bytes(32), bytes(16), (key, block) => {
      const cipher = createCipheriv("aes-256-ecb", key, null).setAutoPadding(false);
      expect(encryptThirdWord(wordsOf(key), wordsOf(block))).toBe(cipher.update(block).readInt32BE(8));
    }),
  );
});
