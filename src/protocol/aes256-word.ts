/**
 * One word of one AES-256 block (FIPS 197). The tag of an obfuscated2 header is four bytes of key stream: setting up a cipher of
 * node:crypto for them takes twenty times as long as these few rounds.
 */

const SBOX = sbox();
/** Row of the S-box and MixColumns in one: for each byte the four that it becomes; the other columns are this one rotated. */
const T0 = Int32Array.from({ length: 256 }, (_, byte) => {
  const s = SBOX[byte] as number;
  const double = times2(s);
  return (double << 24) | (s << 16) | (s << 8) | (double ^ s);
});
const T1 = T0.map((word) => rotateRight(word, 8));
const T2 = T0.map((word) => rotateRight(word, 16));
const T3 = T0.map((word) => rotateRight(word, 24));

const KEY_WORDS = 8;
const ROUND_KEY_WORDS = 60;
const LAST_ROUND_AT = 56;

/** Reused by every call; nothing of a key stays here longer than until the next. */
const roundKeys = new Int32Array(ROUND_KEY_WORDS);

/** Third big-endian word (bytes 8 to 11) of the encrypted block. `key`: eight words, `block`: four. */
export function encryptThirdWord(key: Int32Array, block: Int32Array): number {
  expandKey(key);
  const k = roundKeys;
  let a = (block[0] as number) ^ (k[0] as number);
  let b = (block[1] as number) ^ (k[1] as number);
  let c = (block[2] as number) ^ (k[2] as number);
  let d = (block[3] as number) ^ (k[3] as number);
  for (let at = 4; at < LAST_ROUND_AT; at += 4) {
    const w = column(a, b, c, d) ^ (k[at] as number);
    const x = column(b, c, d, a) ^ (k[at + 1] as number);
    const y = column(c, d, a, b) ^ (k[at + 2] as number);
    d = column(d, a, b, c) ^ (k[at + 3] as number);
    a = w;
    b = x;
    c = y;
  }
  return substituted(c, d, a, b) ^ (k[LAST_ROUND_AT + 2] as number);
}

function column(a: number, b: number, c: number, d: number): number {
  return (
    (T0[a >>> 24] as number) ^
    (T1[(b >>> 16) & 255] as number) ^
    (T2[(c >>> 8) & 255] as number) ^
    (T3[d & 255] as number)
  );
}

/** One byte of each word through the S-box: the last round, which mixes no columns. */
function substituted(a: number, b: number, c: number, d: number): number {
  return (
    ((SBOX[a >>> 24] as number) << 24) |
    ((SBOX[(b >>> 16) & 255] as number) << 16) |
    ((SBOX[(c >>> 8) & 255] as number) << 8) |
    (SBOX[d & 255] as number)
  );
}

function expandKey(key: Int32Array): void {
  const k = roundKeys;
  for (let at = 0; at < KEY_WORDS; at += 1) k[at] = key[at] as number;
  let word = k[KEY_WORDS - 1] as number;
  for (let at = KEY_WORDS, rcon = 1 << 24; at < ROUND_KEY_WORDS; at += KEY_WORDS, rcon <<= 1) {
    const turned = (word << 8) | (word >>> 24);
    word = (k[at - 8] as number) ^ substituted(turned, turned, turned, turned) ^ rcon;
    k[at] = word;
    word ^= k[at - 7] as number;
    k[at + 1] = word;
    word ^= k[at - 6] as number;
    k[at + 2] = word;
    word ^= k[at - 5] as number;
    k[at + 3] = word;
    // Of the last turn four words are needed.
    if (at + 4 === ROUND_KEY_WORDS) return;
    word = (k[at - 4] as number) ^ substituted(word, word, word, word);
    k[at + 4] = word;
    word ^= k[at - 3] as number;
    k[at + 5] = word;
    word ^= k[at - 2] as number;
    k[at + 6] = word;
    word ^= k[at - 1] as number;
    k[at + 7] = word;
  }
}

/** Multiplicative inverse in GF(2^8), then the affine map: walks over the powers of 3 and of its inverse together. */
function sbox(): Uint8Array {
  const table = new Uint8Array(256);
  let power = 1;
  let inverse = 1;
  do {
    power ^= times2(power);
    inverse ^= inverse << 1;
    inverse ^= inverse << 2;
    inverse ^= inverse << 4;
    inverse &= 255;
    if (inverse & 0x80) inverse ^= 0x09;
    const turned = inverse | (inverse << 8);
    table[power] = inverse ^ (turned >>> 7) ^ (turned >>> 6) ^ (turned >>> 5) ^ (turned >>> 4) ^ 0x63;
  } while (power !== 1);
  table[0] = 0x63;
  return table;
}

function times2(byte: number): number {
  return ((byte << 1) ^ (byte & 0x80 ? 0x11b : 0)) & 255;
}

function rotateRight(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}
