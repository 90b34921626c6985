import { createHmac } from "node:crypto";
import { fromHex } from "./bytes.ts";
import { Key } from "./key.ts";

/**
 * The key that fills a disabled user's slot: the same each time, so that nothing restarts for it, and unknown to the user, who has
 * the key but not the salt. First 16 bytes of HMAC-SHA256(salt, key).
 * @param salt secret of the home, hex
 */
export function throwawayKey(salt: string, key: Key): Key {
  const secret = fromHex(salt) ?? new Uint8Array();
  return Key.fromBytes(createHmac("sha256", secret).update(key.bytes()).digest().subarray(0, 16));
}
