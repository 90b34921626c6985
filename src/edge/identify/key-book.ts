import type { Key } from "../../domain/key.ts";
import { KeyWords } from "../../protocol/header-scan.ts";
import type { EdgeKey } from "./edge-key.ts";

/** The keys of one moment, ready to be tried: a new state makes a new book. */
export class KeyBook {
  readonly keys: readonly EdgeKey[];
  /** As {@link keys}, for headers. */
  readonly words: KeyWords;
  /** As {@link keys}, for hellos. */
  readonly bytes: readonly Uint8Array[];
  /** Every `-D` name, in lower case as the C proxy compares them: byte for byte. */
  readonly coverDomains: ReadonlySet<string>;
  readonly #indexByDigits: ReadonlyMap<string, number>;

  constructor(keys: readonly EdgeKey[]) {
    this.keys = keys;
    this.words = new KeyWords(keys.map(({ key }) => key));
    this.bytes = keys.map(({ key }) => key.bytes());
    this.coverDomains = new Set(keys.flatMap(({ coverDomains }) => coverDomains));
    this.#indexByDigits = new Map(keys.map(({ key }, index) => [key.reveal(), index]));
  }

  /** Undefined when the key is not here. */
  indexOf(key: Key): number | undefined {
    return this.#indexByDigits.get(key.reveal());
  }
}
