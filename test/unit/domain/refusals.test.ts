import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Key } from "../../../src/domain/key.ts";
import { nearQuota, passingRefusals } from "../../../src/domain/refusals.ts";
import type { Secret } from "../../../src/domain/secret.ts";
import type { User } from "../../../src/domain/user.ts";

const NOW = new Date("2026-11-21T12:00:00Z");
const [PAST, FUTURE] = ["2026-11-21T12:00:00Z", "2026-11-21T12:00:01Z"];
const secret = (): Secret => ({ mode: "padded", key: Key.fromBytes(randomBytes(16)) });
const person = (name: string, more: Partial<User> = {}): User => ({
  name,
  hasProxyPassword: false,
  enabled: true,
  secret: secret(),
  ...more,
});
const quota = { limits: { quota: { bytes: 100, period: "30d" as const } } };
const usedBy = (amounts: Record<string, number>) => (name: string, period: string) =>
  period === "30d" ? (amounts[name] ?? 0) : 0;

describe("who is refused by time or use", () => {
  it("is whoever expired or used up a quota, and the old key whose overlap is over", () => {
    const users = [
      person("fine", { expiresAt: FUTURE, ...quota }),
      person("expired", { expiresAt: PAST, ...quota }),
      person("full", quota),
      person("changed", { former: { secret: secret(), until: PAST } }),
      person("changing", { former: { secret: secret(), until: FUTURE } }),
      person("off", { enabled: false, expiresAt: PAST }),
    ];
    expect(passingRefusals(users, usedBy({ fine: 99, full: 100, expired: 1000 }), NOW)).toEqual({
      expired: "expired",
      full: "over-quota",
      "changed:old": "expired",
    });
  });

  it("is told before from eight tenths of a quota on", () => {
    const users = ["a", "b", "c"].map((name) => person(name, quota));
    expect(nearQuota(users, usedBy({ a: 79, b: 80.9, c: 100 }))).toEqual([{ name: "b", percent: 80 }]);
  });
});
