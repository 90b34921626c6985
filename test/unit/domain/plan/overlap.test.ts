import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { trialCapabilities } from "../../../../src/domain/engine-facts.ts";
import { keyHolders } from "../../../../src/domain/plan/claim.ts";
import { makePlan } from "../../../../src/domain/plan/plan.ts";
import type { Plan } from "../../../../src/domain/plan/types.ts";
import { type Mode, makeSecret } from "../../../../src/domain/secret.ts";
import { type ProxyUser, secretsOf } from "../../../../src/domain/user.ts";
import { emptyBook, keySupply, numberedKey, planInput, proxyUser } from "../../../support/domain.ts";

const until = "2027-01-01T00:00:00.000Z";
const supply = keySupply();
const plan = (users: readonly ProxyUser[], book = emptyBook, more = {}): Plan =>
  makePlan(planInput({ users, book, newKey: supply, ...more }));

/** The user with another key, the one from before living on. */
function renewed(user: ProxyUser, number: number): ProxyUser {
  const domain = user.secret.mode === "fake-tls" ? user.secret.domain : undefined;
  const secret = makeSecret(user.secret.mode, numberedKey(number), domain);
  return { ...user, secret, former: { secret: user.secret, until } };
}

function ended({ former: _, ...user }: ProxyUser): ProxyUser {
  return user;
}

const isServed = ({ shards }: Plan, digits: string) =>
  shards.filter(({ liveKeys }) => liveKeys.some(({ key }) => key.reveal() === digits)).length;
const digitsOf = (user: ProxyUser) => secretsOf(user).map(({ key }) => key.reveal());

describe("a user whose key was replaced with an overlap", () => {
  const alice = proxyUser("alice", numberedKey(1));
  const both = renewed(alice, 2);

  it("has two slots, both served, and no key is revoked", () => {
    const after = plan([both], plan([alice]).book);
    expect(digitsOf(both).map((digits) => isServed(after, digits))).toEqual([1, 1]);
    expect(after.book.shards[0]?.slots.filter(({ holder }) => holder === "alice")).toHaveLength(2);
    expect(after.revocations).toEqual([]);
    expect(keyHolders(alice.secret.key, [both], [])).toEqual(["alice"]);
  });

  it("restarts nothing where the new key was a spare one", () => {
    const before = plan([alice]);
    const spare = before.book.shards[0]?.slots.find(({ holder }) => holder === undefined);
    if (spare === undefined) return expect.fail("no spare slot");
    const user = { ...both, secret: makeSecret("padded", spare.key) };
    expect(plan([user], before.book).reasons.get(1)).toEqual([]);
  });

  it("keeps the new key and loses the old one when the overlap ends", () => {
    const after = plan([ended(both)], plan([both], plan([alice]).book).book);
    expect(after.revocations).toEqual([{ key: alice.secret.key, holder: "alice", shardId: 1 }]);
    expect([isServed(after, alice.secret.key.reveal()), isServed(after, both.secret.key.reveal())]).toEqual([0, 1]);
  });

  it.each([
    ["disabled", [{ ...both, enabled: false }]],
    ["removed", []],
  ])("loses both keys when %s", (_, users) => {
    const after = plan(users, plan([both], plan([alice]).book).book);
    expect(after.revocations.map(({ key }) => key.reveal()).sort()).toEqual(digitsOf(both).sort());
    expect(digitsOf(both).map((digits) => isServed(after, digits))).toEqual([0, 0]);
  });

  it("has both keys on the trial engine too", () => {
    const after = plan([both], emptyBook, { capabilities: trialCapabilities });
    expect(digitsOf(both).map((digits) => isServed(after, digits))).toEqual([1, 1]);
  });
});

it("whatever overlaps begin and end, every key of who is enabled is served once and no key that was taken away", () => {
  const step = fc.record({ user: fc.nat(19), what: fc.constantFrom("renew", "renew", "end", "toggle", "remove") });
  const mode = fc.constantFrom<Mode>("plain", "padded", "fake-tls");
  fc.assert(
    fc.property(fc.array(mode, { minLength: 20, maxLength: 20 }), fc.array(step, { maxLength: 40 }), (modes, steps) => {
      const newKey = keySupply();
      let next = 100;
      const users = new Map(modes.map((kind, index) => [index, proxyUser(`u${index}`, numberedKey(index), kind)]));
      let current = makePlan(planInput({ users: [...users.values()], newKey }));
      const given = new Set([...users.values()].flatMap(digitsOf));
      for (const { user: index, what } of steps) {
        const user = users.get(index);
        if (user === undefined) continue;
        if (what === "renew") users.set(index, renewed(user, next++));
        else if (what === "end") users.set(index, ended(user));
        else if (what === "toggle") users.set(index, { ...user, enabled: !user.enabled });
        else users.delete(index);
        const people = [...users.values()];
        const before = current;
        current = makePlan(planInput({ users: people, book: before.book, newKey }));
        for (const digits of people.flatMap(digitsOf)) given.add(digits);
        const wanted = new Set(people.filter(({ enabled }) => enabled).flatMap(digitsOf));
        for (const digits of given) expect(isServed(current, digits)).toBe(wanted.has(digits) ? 1 : 0);
        for (const [digits, { port }] of current.placements)
          if (before.placements.has(digits)) expect(port).toBe(before.placements.get(digits)?.port);
        expect(current.shards.every(({ liveKeys }) => liveKeys.length === 16)).toBe(true);
      }
    }),
    { numRuns: 40 },
  );
});
