const REMEMBERED_BYTES = 16;

/** Client randoms of every hello that came whole with a listed domain, whoever sent it (net-tcp-rpc-ext-server.c, add_client_random). */
export class ReplayMemory {
  readonly #seen = new Set<string>();
  /** When the first was remembered, seconds since 1970. */
  firstAt: number | undefined;

  /** Whether it came before; remembers it. */
  isRepeated(random: Uint8Array): boolean {
    const name = Buffer.from(random.subarray(0, REMEMBERED_BYTES)).toString("latin1");
    if (this.#seen.has(name)) return true;
    this.#seen.add(name);
    this.firstAt ??= Math.floor(Date.now() / 1000);
    return false;
  }
}
