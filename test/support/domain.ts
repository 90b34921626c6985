import { createHash } from "node:crypto";
import { dockerCapabilities } from "../../src/domain/engine-facts.ts";
import { Key } from "../../src/domain/key.ts";
import type { PlanInput } from "../../src/domain/plan/types.ts";
import { type Mode, makeSecret } from "../../src/domain/secret.ts";
import { defaultSettings } from "../../src/domain/settings.ts";
import { emptyBook as emptyBookWith } from "../../src/domain/shard.ts";
import type { ProxyUser } from "../../src/domain/user.ts";

/** The same key for the same number, different for different ones. */
export function numberedKey(number: number): Key {
  return Key.fromBytes(createHash("sha256").update(`key ${number}`).digest().subarray(0, 16));
}

/** A supply of keys that never repeats and never meets `numberedKey`'s. */
export function keySupply(): () => Key {
  let count = 0;
  return () => numberedKey(1_000_000 + count++);
}

export function proxyUser(name: string, key: Key, mode: Mode = "padded", domain = "a.example"): ProxyUser {
  return { name, hasProxyPassword: false, enabled: true, secret: makeSecret(mode, key, domain) };
}

export const emptyBook = emptyBookWith("ab".repeat(32));

export function planInput(change: Partial<PlanInput> = {}): PlanInput {
  return {
    settings: { ...defaultSettings, publicHost: "proxy.example" },
    capabilities: dockerCapabilities,
    users: [],
    sharedSecrets: [],
    book: emptyBook,
    coverDomain: "a.example",
    newKey: keySupply(),
    ...change,
  };
}
