import { describe, expect, test } from "vitest";
import { edgeEntries, revokedEntries } from "../../../src/domain/edge-entries.ts";
import type { Placement, Plan } from "../../../src/domain/plan/types.ts";
import { makeSecret } from "../../../src/domain/secret.ts";
import { sharedSecretId } from "../../../src/domain/shared-secret.ts";
import type { User } from "../../../src/domain/user.ts";
import { paddedShard } from "../../support/deployment.ts";
import { numberedKey } from "../../support/domain.ts";

const now = new Date("2027-01-31T12:00:00Z");
const place = (holder: string, shardId = 1): Placement => ({
  holder,
  shardId,
  port: 8443,
  family: "obfuscated",
  coverDomains: [],
});

function user(name: string, number: number, more: Partial<User> = {}): User {
  return { name, hasProxyPassword: true, enabled: true, secret: makeSecret("padded", numberedKey(number)), ...more };
}

function entriesOf(users: readonly User[], sharedSecrets: Parameters<typeof edgeEntries>[1]["sharedSecrets"] = []) {
  const keys = [
    ...users.flatMap(({ secret, former }) => [secret, former?.secret]),
    ...sharedSecrets.map((it) => it.secret),
  ];
  const placements = new Map(keys.flatMap((secret) => (secret ? [[secret.key.reveal(), place("x")]] : [])));
  return edgeEntries({ placements }, { users, sharedSecrets, now });
}

describe("the people whom the edge knows", () => {
  test("have a server entry each, and a second one while an overlap lasts", () => {
    const former = { secret: makeSecret("padded", numberedKey(9)), until: "2027-02-01T00:00:00Z" };
    const entries = entriesOf([user("alice", 1), user("bob", 2, { former })]);
    expect(entries.map(({ holder, server, refusal }) => [holder, server, refusal])).toEqual([
      ["alice", "alice", undefined],
      ["bob", "bob", undefined],
      ["bob", "bob:old", undefined],
    ]);
  });

  test("are refused by the reason that they have", () => {
    const former = { secret: makeSecret("padded", numberedKey(9)), until: "2027-01-01T00:00:00Z" };
    const entries = entriesOf([
      user("off", 1, { enabled: false }),
      user("late", 2, { expiresAt: "2027-01-01T00:00:00Z" }),
      user("renewed", 3, { former }),
    ]);
    expect(entries.map(({ server, refusal }) => [server, refusal])).toEqual([
      ["off", "disabled"],
      ["late", "expired"],
      ["renewed", undefined],
      ["renewed:old", "expired"],
    ]);
  });

  test("carry their limits", () => {
    const [entry] = entriesOf([user("alice", 1, { limits: { connections: 8, addresses: 3, rate: 2e6 } })]);
    expect(entry?.limits).toEqual({ maxConnections: 8, maxAddresses: 3, rate: 2e6 });
  });

  test("share a key with whoever may use it", () => {
    const entries = entriesOf([user("off", 1, { enabled: false }), user("on", 1), user("too", 1)]);
    expect(entries.map(({ server }) => server)).toEqual(["on"]);
  });

  test("are told from HAProxy's own entry for nobody", () => {
    expect(entriesOf([user("nobody", 1)])[0]).toMatchObject({ holder: "nobody", server: "nobody:user" });
  });

  test("may be a shared secret, named by its id", () => {
    const secret = makeSecret("padded", numberedKey(5));
    const id = sharedSecretId(secret);
    expect(entriesOf([], [{ secret, active: false }])[0]).toMatchObject({
      server: `secret:${id}`,
      refusal: "disabled",
    });
  });
});

test("keys that were taken away are known until their shard drops them", () => {
  const [gone, kept] = [numberedKey(40), numberedKey(41)];
  const revocations = [gone, kept].map((key) => ({ key, holder: "bob", shardId: 1 }));
  const placements = new Map([[kept.reveal(), place("carol")]]);
  const plan = { revocations, placements, shards: [paddedShard] } as unknown as Plan;
  expect(revokedEntries(plan)).toEqual([
    expect.objectContaining({ key: gone, holder: "bob", refusal: "revoked", shardId: 1 }),
  ]);
});
