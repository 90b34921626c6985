import type { Key } from "../../domain/key.ts";

const MAX_ADDRESSES = 20_000;
/** A family behind one address. */
const MAX_KEYS = 8;

/** Which keys were last used from an address: who is back costs one trial, however many users there are. */
export class KnownAddresses {
  /** The address that was used longest ago stands first; the latest key of one, too. */
  readonly #keys = new Map<string, readonly Key[]>();

  keysOf(address: string): readonly Key[] {
    return this.#keys.get(address) ?? [];
  }

  remember(address: string, key: Key): void {
    const others = this.keysOf(address).filter((other) => !other.equals(key));
    this.#keys.delete(address);
    this.#keys.set(address, [key, ...others].slice(0, MAX_KEYS));
    const [oldest] = this.#keys.keys();
    if (this.#keys.size > MAX_ADDRESSES && oldest !== undefined) this.#keys.delete(oldest);
  }
}
