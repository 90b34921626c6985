import { hasPassed } from "./expiry.ts";
import { hasSecret, type User } from "./user.ts";
import type { QuotaPeriod } from "./user-limits.ts";

/** Why somebody is refused without a change of state: time has passed, or enough was used. */
export type PassingRefusal = "expired" | "over-quota";

/** By person, or by `NAME:old` for the key that an overlap kept. */
export type PassingRefusals = Readonly<Record<string, PassingRefusal>>;

/** Who is to be refused now. `used`: bytes of a person within a period. */
export function passingRefusals(
  users: readonly User[],
  used: (name: string, period: QuotaPeriod) => number,
  now: Date,
): PassingRefusals {
  const entries = users.filter(hasSecret).flatMap((user): [string, PassingRefusal][] => {
    const { name, enabled, expiresAt, limits, former } = user;
    if (!enabled) return [];
    if (hasPassed(expiresAt, now)) return [[name, "expired"]];
    const quota = limits?.quota;
    if (quota !== undefined && used(name, quota.period) >= quota.bytes) return [[name, "over-quota"]];
    return hasPassed(former?.until, now) ? [[`${name}:old`, "expired"]] : [];
  });
  return Object.fromEntries(entries);
}

/** From this share of a quota on the admin is told. */
const WARN_AT = 0.8;

/** People who have used up most of their quota, and not all of it. */
export function nearQuota(
  users: readonly User[],
  used: (name: string, period: QuotaPeriod) => number,
): { readonly name: string; readonly percent: number }[] {
  return users.flatMap(({ name, limits }) => {
    if (limits?.quota === undefined) return [];
    const share = used(name, limits.quota.period) / limits.quota.bytes;
    return share >= WARN_AT && share < 1 ? [{ name, percent: Math.floor(share * 100) }] : [];
  });
}
