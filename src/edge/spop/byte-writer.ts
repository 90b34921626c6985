const FIRST_BYTES = 128;

/** Bytes of a frame in the making. */
export class ByteWriter {
  #bytes = Buffer.allocUnsafe(FIRST_BYTES);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  uint8(value: number): void {
    this.#makeRoom(1);
    this.#bytes[this.#length] = value;
    this.#length += 1;
  }

  uint32(value: number): void {
    this.#makeRoom(4);
    this.#bytes.writeUInt32BE(value, this.#length);
    this.#length += 4;
  }

  bytes(bytes: Uint8Array): void {
    this.#makeRoom(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** A whole number from 0 to 2^53 - 1, or up to 2^64 - 1 as a bigint. */
  varint(value: number | bigint): void {
    if (value < 240) this.uint8(Number(value));
    else this.#wideVarint(BigInt(value));
  }

  /** Length and bytes. */
  counted(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.bytes(bytes);
  }

  string(text: string): void {
    this.counted(Buffer.from(text, "utf8"));
  }

  /** A copy of what was written. */
  written(): Uint8Array {
    return new Uint8Array(this.#bytes.subarray(0, this.#length));
  }

  /** What was written, with its length in four bytes before it: a frame as it goes over the wire. */
  frame(): Buffer {
    const frame = Buffer.allocUnsafe(4 + this.#length);
    frame.writeUInt32BE(this.#length);
    this.#bytes.copy(frame, 4, 0, this.#length);
    return frame;
  }

  #wideVarint(value: bigint): void {
    this.uint8(Number(value & 0xffn) | 0xf0);
    let rest = (value - 240n) >> 4n;
    for (; rest >= 128n; rest = (rest - 128n) >> 7n) this.uint8(Number(rest & 0xffn) | 0x80);
    this.uint8(Number(rest));
  }

  #makeRoom(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(2 * (this.#length + count));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
