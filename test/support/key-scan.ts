/** Finds keys in text in every form they might take: hex digits of either case, base64 and base64url, alone or inside a secret. */
export class KeyScan {
  readonly #forms: readonly string[];

  /** @param keys 32 hex digits each */
  constructor(keys: Iterable<string>) {
    this.#forms = [...new Set(keys)].flatMap((digits) => [digits.toLowerCase(), ...base64Forms(digits)]);
  }

  /** The forms that the text holds. */
  findIn(text: string): string[] {
    const hex = text.toLowerCase();
    const base64 = text.replaceAll("-", "+").replaceAll("_", "/");
    return this.#forms.filter((form) => hex.includes(form) || base64.includes(form));
  }
}

/** What base64 makes of 16 bytes at each of the three places that bytes before them can shift them to. */
function base64Forms(digits: string): string[] {
  return [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), Buffer.from(digits, "hex")]).toString("base64");
    return text.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + 16) * 8) / 6));
  });
}
