import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppError } from "../../../src/domain/errors.ts";
import { CHANGE_CIPHER_SPEC, MAX_RECORD_BYTES, RecordDecoder, toRecords } from "../../../src/protocol/tls-records.ts";
import { anyBytes, anyCuts, chunksOf } from "./arbitraries.ts";

const decodeAll = (decoder: RecordDecoder, stream: Uint8Array, cuts: readonly number[]) =>
  Buffer.concat(chunksOf(stream, cuts).map((chunk) => decoder.push(chunk)));

describe("TLS records", () => {
  it("give the data back, however they and the stream are cut", () => {
    fc.assert(
      fc.property(
        anyBytes(5000),
        fc.integer({ min: 1, max: 3000 }),
        anyCuts,
        fc.boolean(),
        (data, size, cuts, afterHandshake) => {
          const records = toRecords(data, size);
          const stream = afterHandshake ? Buffer.concat([CHANGE_CIPHER_SPEC, records]) : records;
          expect(Buffer.compare(decodeAll(new RecordDecoder({ afterHandshake }), stream, cuts), data)).toBe(0);
        },
      ),
    );
  });

  it("are no longer than TLS allows", () => {
    const records = Buffer.from(toRecords(new Uint8Array(40_000)));
    expect(records.toString("hex", 0, 5)).toBe("1703034000");
    expect(records).toHaveLength(40_000 + 3 * 5);
    expect(toRecords(new Uint8Array(0))).toHaveLength(0);
  });

  it("hand data on before the record is whole, so that nothing piles up", () => {
    const decoder = new RecordDecoder();
    expect(decoder.push(Buffer.from("1703034000aabb", "hex"))).toEqual(Buffer.from("aabb", "hex"));
  });

  it.each([
    ["an alert", "1503030002"],
    ["a handshake", "1603030002"],
    ["TLS 1.0", "1703010002"],
    ["an empty record", "1703030000"],
    ["a record longer than TLS allows", `170303${(MAX_RECORD_BYTES + 1).toString(16)}`],
    ["a second ChangeCipherSpec", "140303000101"],
  ])("of any other kind are refused: %s", (_, start) => {
    expect(() => new RecordDecoder().push(Buffer.from(start, "hex"))).toThrow(AppError);
  });

  it("must follow a ChangeCipherSpec on the server's side", () => {
    expect(() => new RecordDecoder({ afterHandshake: true }).push(toRecords(Uint8Array.of(1)))).toThrow(AppError);
  });

  it("of noise are refused or waited for, and nothing else is thrown", () => {
    fc.assert(
      fc.property(anyBytes(3000), anyCuts, fc.boolean(), (noise, cuts, afterHandshake) => {
        try {
          expect(decodeAll(new RecordDecoder({ afterHandshake }), noise, cuts).length).toBeLessThanOrEqual(
            noise.length,
          );
        } catch (error) {
          expect(error).toMatchObject({ name: "AppError", kind: "invalid" });
        }
      }),
    );
  });
});
