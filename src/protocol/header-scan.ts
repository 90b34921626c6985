import type { Key } from "../domain/key.ts";
import { encryptThirdWord } from "./aes256-word.ts";
import { HEADER_BYTES } from "./obfuscated2.ts";
import { Sha256Of48 } from "./sha256-words.ts";
import { malformed, transportTag } from "./transport.ts";

const WORDS_OF_KEY = 4;
/** Where in a header the key material stands, the counter block and the tag: in words. */
const SEED_AT = 2;
const COUNTER_AT = 10;
const TAG_AT = 14;
/** The tag is in the block of key stream that begins 48 bytes after the first. */
const TAG_BLOCK = 3;

/** A tag is one byte four times, as a signed word. */
const [ABRIDGED, INTERMEDIATE, PADDED] = (["abridged", "intermediate", "padded"] as const).map((transport) =>
  Math.imul(transportTag[transport], 0x01010101),
);

/** Keys as words, to be tried on many headers. */
export class KeyWords {
  readonly length: number;
  readonly words: Int32Array;

  constructor(keys: readonly Key[]) {
    this.length = keys.length;
    this.words = new Int32Array(WORDS_OF_KEY * keys.length);
    for (const [index, key] of keys.entries()) this.words.set(wordsOf(key.bytes()), WORDS_OF_KEY * index);
  }
}

/**
 * Tries keys on one obfuscated2 header. Looks at its tag only, which is all that tells a key: by chance one in 1.4 thousand million
 * keys fits too, so that who wants to be sure opens the header with the key that was found.
 */
export class HeaderScan {
  readonly #hash: Sha256Of48;
  readonly #counter: Int32Array;
  readonly #tag: number;

  /** @throws AppError invalid unless the header is 64 bytes */
  constructor(header: Uint8Array) {
    if (header.length !== HEADER_BYTES) throw malformed(`an obfuscated2 header is 64 bytes, not ${header.length}`);
    const words = wordsOf(header);
    this.#hash = new Sha256Of48(words.slice(SEED_AT, COUNTER_AT));
    this.#counter = counterOfTag(words);
    this.#tag = words[TAG_AT] as number;
  }

  /** Index of the first key from `from` on and before `to` that the header was made with; -1 when there is none. */
  find(keys: KeyWords, from = 0, to: number = keys.length): number {
    const { words } = keys;
    for (let index = from; index < to; index += 1) {
      this.#hash.update(words, WORDS_OF_KEY * index);
      const tag = encryptThirdWord(this.#hash.digest, this.#counter) ^ this.#tag;
      if (tag === PADDED || tag === INTERMEDIATE || tag === ABRIDGED) return index;
    }
    return -1;
  }
}

/** The counter block that the tag's part of the key stream is made from: AES-CTR counts up from the 16 bytes in the header. */
function counterOfTag(header: Int32Array): Int32Array {
  const words = header.slice(COUNTER_AT, TAG_AT);
  let carry = TAG_BLOCK;
  for (let index = words.length - 1; index >= 0 && carry > 0; index -= 1) {
    const sum = ((words[index] as number) >>> 0) + carry;
    words[index] = sum | 0;
    carry = sum > 0xffffffff ? 1 : 0;
  }
  return words;
}

function wordsOf(bytes: Uint8Array): Int32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const words = new Int32Array(bytes.length / 4);
  for (let index = 0; index < words.length; index += 1) words[index] = view.getInt32(4 * index);
  return words;
}
