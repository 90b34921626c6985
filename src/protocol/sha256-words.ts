/**
 * SHA-256 (FIPS 180-4) of one 64-byte block whose first half stays the same over many calls. node:crypto takes some 4 µs to set up a
 * hash, whatever it hashes; a server that tries ten thousand keys on one header spends its time there.
 */

const PRIMES = firstPrimes(64);
const K = Int32Array.from(PRIMES, (prime) => fractionBits(Math.cbrt(prime)));
const INITIAL = Int32Array.from(PRIMES.slice(0, 8), (prime) => fractionBits(Math.sqrt(prime)));

/** Rounds that use the first half of a block only. */
const SHARED_ROUNDS = 8;
const ROUNDS = 64;

/** Message words of the call that runs: an array of each hash's own costs more than the hash. No key stays here longer than until the next. */
const w = new Int32Array(ROUNDS);
// After 48 bytes: one bit, zeros, and the length in bits.
w[12] = 0x80000000 | 0;
w[15] = 48 * 8;

/** A message of 48 bytes: 32 that are given once, and 16 that change. All words are big-endian. */
export class Sha256Of48 {
  readonly #first: Int32Array;
  /** State after the rounds that the first half decides. */
  readonly #shared = new Int32Array(8);
  /** The digest of the last call, eight words. */
  readonly digest = new Int32Array(8);

  /** `first`: eight words. */
  constructor(first: Int32Array) {
    this.#first = first;
    this.#begin();
    rounds(INITIAL, this.#shared, 0, SHARED_ROUNDS);
  }

  /** Digest of the first half and the four words from `at` on. */
  update(second: Int32Array, at: number): void {
    this.#begin();
    for (let index = 0; index < 4; index += 1) w[8 + index] = second[at + index] as number;
    expand();
    rounds(this.#shared, this.digest, SHARED_ROUNDS, ROUNDS);
    for (let index = 0; index < 8; index += 1)
      this.digest[index] = (this.digest[index] as number) + (INITIAL[index] as number);
  }

  #begin(): void {
    for (let index = 0; index < 8; index += 1) w[index] = this.#first[index] as number;
  }
}

function expand(): void {
  for (let t = 16; t < ROUNDS; t += 1) {
    const x = w[t - 15] as number;
    const y = w[t - 2] as number;
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[t] = (w[t - 16] as number) + s0 + (w[t - 7] as number) + s1;
  }
}

/** Rounds `first` to `last` (not included), from one state to another. */
function rounds(from: Int32Array, to: Int32Array, first: number, last: number): void {
  let a = from[0] as number;
  let b = from[1] as number;
  let c = from[2] as number;
  let d = from[3] as number;
  let e = from[4] as number;
  let f = from[5] as number;
  let g = from[6] as number;
  let h = from[7] as number;
  for (let t = first; t < last; t += 1) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + (g ^ (e & (f ^ g))) + (K[t] as number) + (w[t] as number)) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) | (c & (a | b)))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  to[0] = a;
  to[1] = b;
  to[2] = c;
  to[3] = d;
  to[4] = e;
  to[5] = f;
  to[6] = g;
  to[7] = h;
}

/** The first 32 bits behind the point. */
function fractionBits(value: number): number {
  return ((value - Math.floor(value)) * 2 ** 32) | 0;
}

function firstPrimes(count: number): number[] {
  const primes: number[] = [];
  for (let value = 2; primes.length < count; value += 1) {
    if (primes.every((prime) => value % prime !== 0)) primes.push(value);
  }
  return primes;
}
