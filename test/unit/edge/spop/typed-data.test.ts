import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteReader } from "../../../../src/edge/spop/byte-reader.ts";
import { ByteWriter } from "../../../../src/edge/spop/byte-writer.ts";
import { readTypedData, type TypedData, writeTypedData } from "../../../../src/edge/spop/typed-data.ts";
import { anyTypedData } from "./arbitraries.ts";

function encoded(data: TypedData): Buffer {
  const writer = new ByteWriter();
  writeTypedData(writer, data);
  return writer.frame().subarray(4);
}

describe("typed data", () => {
  it("comes back as it was", () => {
    fc.assert(
      fc.property(anyTypedData, (data) => {
        const reader = new ByteReader(encoded(data));
        const back = readTypedData(reader);
        expect(reader.left).toBe(0);
        expect(comparable(back)).toEqual(comparable(data));
      }),
    );
  });

  it.each<{ data: TypedData; hex: string }>([
    { data: { type: "null" }, hex: "00" },
    { data: { type: "boolean", value: true }, hex: "11" },
    { data: { type: "boolean", value: false }, hex: "01" },
    { data: { type: "uint32", value: 16_380 }, hex: "03fcf006" },
    { data: { type: "ipv4", value: Uint8Array.of(192, 0, 2, 1) }, hex: "06c0000201" },
    { data: { type: "string", value: "mtp" }, hex: "08036d7470" },
    { data: { type: "binary", value: Uint8Array.of(1, 2) }, hex: "09020102" },
    { data: { type: "int64", value: -1n }, hex: "04fff0fefefefefefefe0e" },
  ])("$data.type $data.value is as HAProxy writes it", ({ data, hex }) => {
    expect(encoded(data).toString("hex")).toBe(hex);
  });

  it("of an unknown type is refused", () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 15 }), (type) => {
        expect(() => readTypedData(new ByteReader(Uint8Array.of(type, 0, 0)))).toThrow("no data type");
      }),
    );
  });

  it("that is cut short is refused at every byte", () => {
    fc.assert(
      fc.property(anyTypedData, fc.nat(), (data, at) => {
        const bytes = encoded(data);
        const cut = bytes.subarray(0, at % bytes.length);
        expect(() => readTypedData(new ByteReader(cut))).toThrow("ends too early");
      }),
    );
  });
});

function comparable(data: TypedData): unknown {
  return "value" in data && data.value instanceof Uint8Array ? { ...data, value: [...data.value] } : data;
}
