import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Frame, readFrames, readLines } from "../../../../src/engine/docker/frames.ts";

function encode(stream: number, bytes: Uint8Array): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
}

async function* chunks(whole: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let from = 0;
  for (const cut of [...cuts].map((it) => it % (whole.length + 1)).sort((a, b) => a - b)) {
    yield whole.subarray(from, cut);
    from = cut;
  }
  yield whole.subarray(from);
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const frame = fc.record({ stream: fc.constantFrom(1, 2), bytes: fc.uint8Array({ maxLength: 40 }) });

describe("Docker's multiplexed stream", () => {
  test("comes apart into its frames wherever it is cut", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(frame), fc.array(fc.nat()), async (frames, cuts) => {
        const whole = Buffer.concat(frames.map(({ stream, bytes }) => encode(stream, bytes)));
        const read = await collect(readFrames(chunks(whole, cuts)));
        expect(read.map(({ stream, bytes }) => [stream, [...bytes]])).toEqual(
          frames.map(({ stream, bytes }) => [stream === 2 ? "stderr" : "stdout", [...bytes]]),
        );
      }),
    );
  });

  test("is read up to where it breaks off", async () => {
    const whole = Buffer.concat([encode(1, Buffer.from("whole")), encode(1, Buffer.from("half")).subarray(0, -1)]);
    expect(await collect(readFrames(chunks(whole, [])))).toHaveLength(1);
  });

  test("is read as lines, characters that were cut in two included", async () => {
    const text = "первая\r\nвторая\n\nпоследняя";
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat()), async (cuts) => {
        const frames = async function* (): AsyncGenerator<Frame> {
          for await (const bytes of chunks(Buffer.from(text), cuts)) yield { stream: "stderr", bytes };
        };
        expect(await collect(readLines(frames()))).toEqual(["первая", "вторая", "", "последняя"]);
      }),
    );
  });
});
