import { fromHex, toHex } from "./bytes.ts";
import { AppError } from "./errors.ts";

const KEY_BYTES = 16;
const DIGITS = /^[0-9a-f]{32}$/;

/**
 * 16 random bytes that a client and the C proxy share: what `mtproto-proxy` gets after `-S`, as 32 hex digits.
 * It prints as `[key]` wherever it is printed by accident (template text, JSON, console); only `reveal()` gives the digits.
 */
export class Key {
  /** Every key that this process ever held, by its digits: the last gate before a screen recognises them by that. */
  static readonly #held = new Map<string, Key>();

  readonly #hex: string;
  /** Made when first asked for: a server tries every key on every unknown connection. */
  #bytes: Uint8Array | undefined;

  private constructor(hex: string) {
    this.#hex = hex;
    Key.#held.set(hex, this);
  }

  /** Whether some key of this process has these 32 lower-case digits. */
  static isHeld(digits: string): boolean {
    return Key.#held.has(digits);
  }

  /** From exactly 32 hex digits in either case. The error does not repeat the text, which may be most of a real key. */
  static parse(text: string): Key {
    const held = Key.#held.get(text);
    if (held !== undefined) return held;
    if (DIGITS.test(text)) return new Key(text);
    if (!DIGITS.test(text.toLowerCase())) {
      throw new AppError("invalid", `a key is 32 hex digits, this has ${text.length} characters or other letters`);
    }
    return Key.parse(text.toLowerCase());
  }

  static fromBytes(bytes: Uint8Array): Key {
    if (bytes.length !== KEY_BYTES) throw new AppError("invalid", `a key is ${KEY_BYTES} bytes, not ${bytes.length}`);
    return Key.parse(toHex(bytes));
  }

  /** 32 lower-case hex digits. */
  reveal(): string {
    return this.#hex;
  }

  /** The 16 bytes. */
  bytes(): Uint8Array {
    this.#bytes ??= fromHex(this.#hex) as Uint8Array;
    return this.#bytes.slice();
  }

  equals(other: Key): boolean {
    return this.#hex === other.#hex;
  }

  toString(): string {
    return "[key]";
  }

  toJSON(): string {
    return "[key]";
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return "[key]";
  }
}
