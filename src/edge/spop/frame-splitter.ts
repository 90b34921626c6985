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
   * The frames that are whole now, each without its length. They stay valid as long as nobody writes into the chunk.
   * @throws SpopError frameTooBig as soon as a length says so
   */
  *push(chunk: Uint8Array): Generator<Uint8Array> {
    let rest = chunk;
    // Mostly a chunk is one frame, of which no copy is needed.
    if (this.#queue.length > 0) {
      this.#queue.push(chunk);
      if (this.#endOfFrame(this.#queue.view()) === undefined) return;
      rest = this.#queue.take();
    }
    for (let end = this.#endOfFrame(rest); end !== undefined; end = this.#endOfFrame(rest)) {
      yield rest.subarray(LENGTH_BYTES, end);
      rest = rest.subarray(end);
    }
    this.#queue.push(rest);
  }

  /** Where the first frame ends; undefined when it is not whole. */
  #endOfFrame(bytes: Uint8Array): number | undefined {
    if (bytes.length < LENGTH_BYTES) return undefined;
    const length = new DataView(bytes.buffer, bytes.byteOffset, LENGTH_BYTES).getUint32(0);
    if (length > this.maxFrameSize) {
      throw new SpopError(spopStatus.frameTooBig, `a frame of ${length} bytes, and ${this.maxFrameSize} are agreed`);
    }
    return bytes.length < LENGTH_BYTES + length ? undefined : LENGTH_BYTES + length;
  }
}
