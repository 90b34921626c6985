import { randomBytes } from "node:crypto";
import { Key } from "../../../../src/domain/key.ts";

export function randomKey(): Key {
  return Key.fromBytes(randomBytes(16));
}

/** `-S` for each. */
export function keyArgs(...keys: readonly Key[]): string[] {
  return keys.flatMap((key) => ["-S", key.reveal()]);
}
