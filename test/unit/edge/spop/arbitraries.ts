import fc from "fast-check";
import type { TypedData } from "../../../../src/edge/spop/typed-data.ts";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

export const anyTypedData: fc.Arbitrary<TypedData> = fc.oneof(
  fc.constant<TypedData>({ type: "null" }),
  fc.record({ type: fc.constant("boolean" as const), value: fc.boolean() }),
  fc.record({ type: fc.constant("int32" as const), value: fc.integer() }),
  fc.record({ type: fc.constant("uint32" as const), value: fc.integer({ min: 0, max: 0xffff_ffff }) }),
  fc.record({ type: fc.constant("int64" as const), value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) }),
  fc.record({ type: fc.constant("uint64" as const), value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) }),
  fc.record({ type: fc.constant("ipv4" as const), value: bytes(4) }),
  fc.record({ type: fc.constant("ipv6" as const), value: bytes(16) }),
  fc.record({ type: fc.constant("string" as const), value: fc.string({ unit: "grapheme" }) }),
  fc.record({ type: fc.constant("binary" as const), value: fc.uint8Array({ maxLength: 400 }) }),
);
