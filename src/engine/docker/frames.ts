/** A piece of what a container without a terminal printed. */
export interface Frame {
  readonly stream: "stdout" | "stderr";
  readonly bytes: Uint8Array;
}

const HEADER_BYTES = 8;
const STDERR = 2;

/**
 * Takes Docker's multiplexed stream apart: an 8-byte header (stream number, three zeros, length as 32 bits big-endian), then that
 * many bytes, cut anywhere. Half a frame at the end is dropped.
 */
export async function* readFrames(source: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  let pending: Buffer = Buffer.alloc(0);
  for await (const chunk of source) {
    pending = pending.length === 0 ? Buffer.from(chunk) : Buffer.concat([pending, chunk]);
    while (pending.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + pending.readUInt32BE(4);
      if (pending.length < end) break;
      yield { stream: pending[0] === STDERR ? "stderr" : "stdout", bytes: pending.subarray(HEADER_BYTES, end) };
      pending = pending.subarray(end);
    }
  }
}

/** The lines of both streams in the order they came, without their ends. A last line need not be ended. */
export async function* readLines(frames: AsyncIterable<Frame>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const { bytes } of frames) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split(/\r?\n/);
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}
