import { invalidFrame } from "./spop-error.ts";

/** The widest varint has ten bytes: one of four bits and nine of seven, which is 64 bits and a little. */
const WIDEST_VARINT = 10;
const UINT64 = (1n << 64n) - 1n;

/** Walks over the bytes of one frame. Every method throws SpopError `invalidFrame` where they end too early. */
export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  uint8(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw invalidFrame("the frame ends too early");
    this.#at += 1;
    return byte;
  }

  uint32(): number {
    return this.bytes(4).readUInt32BE();
  }

  /** A view, not a copy. */
  bytes(count: number): Buffer {
    if (count > this.left) throw invalidFrame("the frame ends too early");
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  /** A varint that is a length, an id or a 32-bit number. */
  varint(): number {
    const first = this.uint8();
    if (first < 240) return first;
    const value = this.#wideVarint(first);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw invalidFrame(`${value} is too large for an id or a length`);
    return Number(value);
  }

  varint64(): bigint {
    const first = this.uint8();
    return first < 240 ? BigInt(first) : this.#wideVarint(first);
  }

  /** A length as a varint, and that many bytes; a view, not a copy. */
  counted(): Buffer {
    return this.bytes(this.varint());
  }

  string(): string {
    return this.counted().toString("utf8");
  }

  /** Four bits in the first byte, seven in each further one, each digit added and not or-ed: every number has one form. */
  #wideVarint(first: number): bigint {
    let value = BigInt(first);
    let shift = 4n;
    for (let count = 1; count < WIDEST_VARINT; count += 1) {
      const byte = this.uint8();
      value += BigInt(byte) << shift;
      if (byte < 128) return value > UINT64 ? tooWide() : value;
      shift += 7n;
    }
    return tooWide();
  }
}

function tooWide(): never {
  throw invalidFrame("a number has more than 64 bits");
}
