const SMALLEST = 256;

/**
 * Bytes that arrived and were not used yet. One growing buffer instead of a list of chunks: a peer that sends a megabyte one
 * byte at a time costs a megabyte, not a million objects.
 */
export class ByteQueue {
  #buffer: Uint8Array = new Uint8Array(0);
  #start = 0;
  #end = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  push(chunk: Uint8Array): void {
    if (this.#end + chunk.length > this.#buffer.length) this.#makeRoom(chunk.length);
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** A view of everything that is here; valid until the next `push` or `take`. */
  view(): Uint8Array {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  /** Removes the first `count` bytes (all, when there are fewer) and returns a copy of them. */
  take(count: number = this.length): Uint8Array {
    const bytes = this.view().slice(0, count);
    this.skip(bytes.length);
    return bytes;
  }

  /** Removes the first `count` bytes, at most what is here. */
  skip(count: number): void {
    this.#start += Math.min(count, this.length);
    if (this.#start === this.#end) this.#reset();
  }

  /** An empty queue holds no memory: thousands of idle connections have one each. */
  #reset(): void {
    this.#buffer = new Uint8Array(0);
    this.#start = 0;
    this.#end = 0;
  }

  #makeRoom(count: number): void {
    const kept = this.view();
    const needed = kept.length + count;
    const larger = new Uint8Array(Math.max(SMALLEST, kept.length === 0 ? needed : 2 * needed));
    larger.set(kept);
    this.#buffer = larger;
    this.#end = kept.length;
    this.#start = 0;
  }
}
