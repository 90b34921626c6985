import { createHmac, timingSafeEqual } from "node:crypto";
import { RANDOM_AT } from "../../protocol/client-hello.ts";

const RANDOM_BYTES = 32;
/** The digest's last four bytes are mixed with the time. */
const PROOF_BYTES = 28;

/** Tries keys on one ClientHello: its random field is the HMAC of the hello with the right one. */
export class HelloScan {
  readonly #random: Buffer;
  readonly #zeroed: Buffer;

  /** `record`: the whole one. */
  constructor(record: Uint8Array) {
    this.#zeroed = Buffer.from(record);
    this.#random = Buffer.from(this.#zeroed.subarray(RANDOM_AT, RANDOM_AT + RANDOM_BYTES));
    this.#zeroed.fill(0, RANDOM_AT, RANDOM_AT + RANDOM_BYTES);
  }

  /** Index of the first key from `from` on and before `to` that fits, and the time of the hello in seconds since 1970. */
  find(keys: readonly Uint8Array[], from: number, to: number): { index: number; unixTime: number } | undefined {
    const proof = this.#random.subarray(0, PROOF_BYTES);
    for (let index = from; index < to; index += 1) {
      const digest = createHmac("sha256", keys[index] ?? "")
        .update(this.#zeroed)
        .digest();
      if (timingSafeEqual(digest.subarray(0, PROOF_BYTES), proof)) return { index, unixTime: this.#timeIn(digest) };
    }
    return undefined;
  }

  #timeIn(digest: Buffer): number {
    return (digest.readUInt32LE(PROOF_BYTES) ^ this.#random.readUInt32LE(PROOF_BYTES)) >>> 0;
  }
}
