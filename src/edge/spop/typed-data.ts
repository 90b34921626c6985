import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { invalidFrame } from "./spop-error.ts";

/**
 * A value with its type (SPOE.txt, section 3.1). 32-bit numbers are numbers, 64-bit ones bigints; addresses are their 4 or 16 bytes.
 * Decoded bytes are views into the frame: copy what is kept.
 */
export type TypedData =
  | { readonly type: "null" }
  | { readonly type: "boolean"; readonly value: boolean }
  | { readonly type: "int32" | "uint32"; readonly value: number }
  | { readonly type: "int64" | "uint64"; readonly value: bigint }
  | { readonly type: "ipv4" | "ipv6" | "binary"; readonly value: Uint8Array }
  | { readonly type: "string"; readonly value: string };

type TypeName = TypedData["type"];

/** A type's number is its place in this list. */
const TYPES: readonly TypeName[] = [
  "null",
  "boolean",
  "int32",
  "uint32",
  "int64",
  "uint64",
  "ipv4",
  "ipv6",
  "string",
  "binary",
];
/** In the upper half of a boolean's type byte. */
const TRUE = 0x10;

export function readTypedData(reader: ByteReader): TypedData {
  const byte = reader.uint8();
  const type = TYPES[byte & 0x0f];
  if (type === undefined) throw invalidFrame(`there is no data type ${byte & 0x0f}`);
  switch (type) {
    case "null":
      return { type };
    case "boolean":
      return { type, value: (byte & TRUE) !== 0 };
    case "string":
      return { type, value: reader.string() };
    case "binary":
      return { type, value: reader.counted() };
    case "ipv4":
      return { type, value: reader.bytes(4) };
    case "ipv6":
      return { type, value: reader.bytes(16) };
    default:
      return readNumber(reader, type);
  }
}

/** Negative numbers travel as their 64-bit two's complement. */
function readNumber(reader: ByteReader, type: "int32" | "uint32" | "int64" | "uint64"): TypedData {
  const value = reader.varint64();
  switch (type) {
    case "int32":
      return { type, value: Number(BigInt.asIntN(32, value)) };
    case "uint32":
      return { type, value: Number(BigInt.asUintN(32, value)) };
    case "int64":
      return { type, value: BigInt.asIntN(64, value) };
    case "uint64":
      return { type, value };
  }
}

export function writeTypedData(writer: ByteWriter, data: TypedData): void {
  const number = TYPES.indexOf(data.type);
  writer.uint8(data.type === "boolean" && data.value ? number | TRUE : number);
  if (data.type === "null" || data.type === "boolean") return;
  if (data.type === "string") writer.string(data.value);
  else if (data.type === "binary") writer.counted(data.value);
  else if (data.value instanceof Uint8Array) writer.bytes(data.value);
  else writer.varint(BigInt.asUintN(64, BigInt(data.value)));
}
