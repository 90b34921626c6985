import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppError } from "../../../src/domain/errors.ts";
import { encodeFrame, FrameDecoder, invalidFrame, MAX_FRAME_BYTES } from "../../../src/protocol/framing.ts";
import { transports } from "../../../src/protocol/transport.ts";
import { anyBytes, anyCuts, anyPayload, anyTransport, chunksOf } from "./arbitraries.ts";

const hex = (text: string) => Buffer.from(text, "hex");

describe("frames", () => {
  it("come out of a stream cut anywhere as they went in; padded ones with at most 15 bytes more", () => {
    fc.assert(
      fc.property(anyTransport, fc.array(anyPayload, { maxLength: 6 }), anyCuts, (transport, payloads, cuts) => {
        const stream = Buffer.concat(payloads.map((payload) => encodeFrame(transport, payload)));
        const decoder = new FrameDecoder(transport);
        const received = chunksOf(stream, cuts).flatMap((chunk) => decoder.push(chunk));
        expect(received).toHaveLength(payloads.length);
        for (const [index, payload] of payloads.entries()) {
          const frame = received[index] ?? new Uint8Array(0);
          const extra = frame.length - payload.length;
          expect(Buffer.compare(frame.subarray(0, payload.length), payload)).toBe(0);
          expect(extra).toBeGreaterThanOrEqual(0);
          expect(extra).toBeLessThanOrEqual(transport === "padded" ? 15 : 0);
        }
      }),
    );
  });

  it.each([
    ["abridged", 4, "01"],
    ["abridged", 126 * 4, "7e"],
    ["abridged", 127 * 4, "7f7f0000"],
    ["abridged", 0x12345 * 4, "7f452301"],
    ["intermediate", 4, "04000000"],
    ["intermediate", 0x1234 * 4, "d0480000"],
  ] as const)("in %s of %d bytes start with %s", (transport, length, start) => {
    const frame = Buffer.from(encodeFrame(transport, new Uint8Array(length)));
    expect(frame.toString("hex", 0, start.length / 2)).toBe(start);
    expect(frame).toHaveLength(start.length / 2 + length);
  });

  it("that ask for a quick acknowledgement are as long as those that do not", () => {
    expect(new FrameDecoder("abridged").push(hex("8101020304"))).toEqual([Uint8Array.of(1, 2, 3, 4)]);
    expect(new FrameDecoder("intermediate").push(hex("0400008001020304"))).toEqual([Uint8Array.of(1, 2, 3, 4)]);
  });

  it("have random padding, not always the same amount", () => {
    const lengths = Array.from({ length: 200 }, () => encodeFrame("padded", new Uint8Array(8)).length - 12);
    expect(Math.min(...lengths)).toBe(0);
    expect(Math.max(...lengths)).toBe(15);
  });

  it.each([
    ["abridged", "00", "empty"],
    ["abridged", "7f01000000", "short length in the long form"],
    ["intermediate", "00000000", "empty"],
    ["intermediate", "05000000", "not a multiple of four"],
    ["intermediate", "00001000ff", undefined],
    ["intermediate", "04001000", "above a megabyte"],
    ["padded", "ffffff7f", "above a megabyte"],
  ] as const)("in %s that start with %s are refused if %s", (transport, start, fault) => {
    const push = () => new FrameDecoder(transport).push(hex(start));
    if (fault === undefined) expect(push()).toEqual([]);
    else expect(push).toThrow(AppError);
  });

  it.each(transports)("with an impossible length are refused by %s from their first bytes on", (transport) => {
    expect(() => new FrameDecoder(transport).push(invalidFrame(transport).subarray(0, 4))).toThrow(AppError);
    // The C proxy looks at nothing shorter than a length and eight bytes.
    expect(invalidFrame(transport).length).toBeGreaterThanOrEqual(12);
  });

  it("are never made of payloads that no transport carries", () => {
    for (const length of [0, 1, 2, 3, 5, MAX_FRAME_BYTES + 4]) {
      for (const transport of transports)
        expect(() => encodeFrame(transport, new Uint8Array(length))).toThrow(AppError);
    }
    expect(new FrameDecoder("abridged").push(encodeFrame("abridged", new Uint8Array(MAX_FRAME_BYTES)))).toHaveLength(1);
  });

  it("of noise are refused or waited for, and nothing else is thrown", () => {
    fc.assert(
      fc.property(
        anyTransport,
        anyBytes(4000),
        anyCuts,
        fc.integer({ min: 4, max: 1000 }),
        (transport, noise, cuts, maxBytes) => {
          const decoder = new FrameDecoder(transport, { maxBytes });
          try {
            for (const chunk of chunksOf(noise, cuts)) {
              for (const payload of decoder.push(chunk)) expect(payload.length).toBeLessThanOrEqual(maxBytes);
            }
          } catch (error) {
            expect(error).toBeInstanceOf(AppError);
            expect(error).toMatchObject({ kind: "invalid" });
          }
        },
      ),
    );
  });
});
