import type { EdgeKey } from "./edge-key.ts";
import { TriedKeys } from "./tried-keys.ts";

/** The keys of one moment: a new state makes a new book. */
export class KeyBook {
  readonly keys: readonly EdgeKey[];
  /** In the same order. */
  readonly tried: TriedKeys;
  /** Every `-D` name, in lower case as the C proxy compares them: byte for byte. */
  readonly coverDomains: ReadonlySet<string>;

  constructor(keys: readonly EdgeKey[]) {
    this.keys = keys;
    this.tried = new TriedKeys(keys.map(({ key }) => key));
    this.coverDomains = new Set(keys.flatMap(({ coverDomains }) => coverDomains));
  }
}
