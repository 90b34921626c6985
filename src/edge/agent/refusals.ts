import * as v from "valibot";
import { AppError } from "../../domain/errors.ts";
import type { EdgeKey } from "../identify/edge-key.ts";

/** Who is refused whatever the key file says: expiry and quota come by time and use, and change no key. */
export interface Refusals {
  readonly generation: string;
  /** By holder, or by server entry for one key of a holder. */
  readonly reasons: Readonly<Record<string, "expired" | "over-quota">>;
}

export const noRefusals: Refusals = { generation: "", reasons: {} };

const schema = v.object({
  generation: v.string(),
  reasons: v.record(v.string(), v.picklist(["expired", "over-quota"])),
});

/** @throws AppError invalid */
export function parseRefusals(text: string): Refusals {
  try {
    return v.parse(schema, JSON.parse(text));
  } catch (cause) {
    throw new AppError("invalid", "the list of who is refused cannot be read", { cause });
  }
}

/** The keys with those refused that are not already. */
export function withRefusals(keys: readonly EdgeKey[], { reasons }: Refusals): readonly EdgeKey[] {
  const reasonOf = ({ server, holder }: EdgeKey) =>
    [server, holder].map((name) => (Object.hasOwn(reasons, name) ? reasons[name] : undefined)).find(Boolean);
  return keys.map((key) => {
    const refusal = key.refusal ?? reasonOf(key);
    return refusal === undefined ? key : { ...key, refusal };
  });
}
