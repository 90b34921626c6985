import type { Key } from "../../domain/key.ts";
import { HeaderScan, KeyWords } from "../../protocol/header-scan.ts";
import { HelloScan } from "./hello-scan.ts";

/** Keys as they are tried, in an order that names them. */
export class TriedKeys {
  /** For headers. */
  readonly words: KeyWords;
  /** For hellos. */
  readonly bytes: readonly Uint8Array[];
  readonly #indexByDigits: ReadonlyMap<string, number>;

  constructor(keys: readonly Key[]) {
    this.words = new KeyWords(keys);
    this.bytes = keys.map((key) => key.bytes());
    this.#indexByDigits = new Map(keys.map((key, index) => [key.reveal(), index]));
  }

  /** Undefined when the key is not here. */
  indexOf(key: Key): number | undefined {
    return this.#indexByDigits.get(key.reveal());
  }

  get length(): number {
    return this.bytes.length;
  }
}

/** What a client begins with: the 64 bytes of an obfuscated2 header, or a ClientHello whose random is in its record. */
export type FirstBytes =
  | { readonly kind: "header"; readonly header: Uint8Array }
  | { readonly kind: "hello"; readonly record: Uint8Array };

/** A key that fits, by its place; of a hello the seconds since 1970 when the client made it. */
export interface Fitting {
  readonly index: number;
  readonly unixTime?: number;
}

/** Tries keys `from` to `to` of a list. */
export type TryKeys = (keys: TriedKeys, from: number, to: number) => Fitting | undefined;

/** How to try keys on these first bytes. What that takes is made ready with the first key: in a crowd most are tried on none. */
export function trialOf(first: FirstBytes): TryKeys {
  if (first.kind === "hello") {
    let scan: HelloScan | undefined;
    return ({ bytes }, from, to) => {
      scan ??= new HelloScan(first.record);
      return scan.find(bytes, from, to);
    };
  }
  let scan: HeaderScan | undefined;
  return ({ words }, from, to) => {
    scan ??= new HeaderScan(first.header);
    const index = scan.find(words, from, to);
    return index < 0 ? undefined : { index };
  };
}
