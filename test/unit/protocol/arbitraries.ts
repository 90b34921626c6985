import fc from "fast-check";
import { Key } from "../../../src/domain/key.ts";
import { transports } from "../../../src/protocol/transport.ts";

export const anyKey = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Key.fromBytes(bytes));

export const anyTransport = fc.constantFrom(...transports);

export const anyBytes = (maxLength: number) => fc.uint8Array({ maxLength });

/** A message as transports carry them: 4 bytes or more, in steps of four. */
export const anyPayload = fc
  .uint8Array({ minLength: 4, maxLength: 2000 })
  .map((bytes) => bytes.subarray(0, bytes.length & ~3));

/** Where a stream is cut into chunks. */
export const anyCuts = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 20 });

/** The stream in chunks of the given sizes, which repeat until it ends. */
export function chunksOf(stream: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0, index = 0; at < stream.length; index++) {
    const size = sizes[index % sizes.length] ?? 1;
    chunks.push(stream.subarray(at, at + size));
    at += size;
  }
  return chunks;
}
