import { ByteQueue } from "../../protocol/byte-queue.ts";
import { SpopError, spopStatus } from "./spop-error.ts";

const LENGTH_BYTES = 4;

/** Cuts a stream of bytes into frames, whatever pieces it comes in. Holds one frame at most, and never one above the agreed size. */
export class FrameSplitter {
  readonly #queue = new ByteQueue();
  /** Bytes of a frame at most, its length not counted. */
  maxFrameSize: number;

  constructor(maxFrameSize: number) {
    this.maxFrameSize = maxFrameSize;
  }

  /**
   * The frames that are whole now, each without its length; they stay valid.
   * @throws SpopError frameTooBig as soon as a length says so
   */
  *push(chunk: Uint8Array): Generator<Uint8Array> {
    this.#queue.push(chunk);
    for (let length = this.#nextLength(); length !== undefined; length = this.#nextLength()) {
      if (this.#queue.length < LENGTH_BYTES + length) return;
      this.#queue.skip(LENGTH_BYTES);
      yield this.#queue.take(length);
    }
  }

  #nextLength(): number | undefined {
    if (this.#queue.length < LENGTH_BYTES) return undefined;
    const head = this.#queue.view();
    const length = new DataView(head.buffer, head.byteOffset, LENGTH_BYTES).getUint32(0);
    if (length > this.maxFrameSize) {
      throw new SpopError(spopStatus.frameTooBig, `a frame of ${length} bytes, and ${this.maxFrameSize} are agreed`);
    }
    return length;
  }
}
