import { AppError } from "../domain/errors.ts";

/** How frames are delimited inside the obfuscated stream; `padded` is intermediate with random padding (dd and ee secrets). */
export type Transport = "abridged" | "intermediate" | "padded";

export const transports: readonly Transport[] = ["abridged", "intermediate", "padded"];

/** The byte that announces a transport: repeated four times in an obfuscated header, once or four times on a bare connection. */
export const transportTag: Readonly<Record<Transport, number>> = { abridged: 0xef, intermediate: 0xee, padded: 0xdd };

/** The transport that four equal tag bytes announce; undefined for anything else. */
export function transportOfTag(tag: Uint8Array): Transport | undefined {
  if (tag.length !== 4 || tag.some((byte) => byte !== tag[0])) return undefined;
  return transports.find((transport) => transportTag[transport] === tag[0]);
}

/** What every decoder of this folder throws on bytes that its protocol does not allow. */
export function malformed(what: string): AppError {
  return new AppError("invalid", what);
}
