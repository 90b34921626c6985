import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { trialCapabilities } from "../../../../src/domain/engine-facts.ts";
import { makePlan } from "../../../../src/domain/plan/plan.ts";
import { SpareKeys } from "../../../../src/domain/plan/spare.ts";
import type { Plan, PlanInput } from "../../../../src/domain/plan/types.ts";
import type { Mode } from "../../../../src/domain/secret.ts";
import type { ProxyUser } from "../../../../src/domain/user.ts";
import { keySupply, numberedKey, planInput, proxyUser } from "../../../support/domain.ts";

const COMMON = `7f${"0".repeat(28)}7f`;
const FRIENDS = `8e${"0".repeat(28)}8e`;
const tagged = { tag: COMMON, groupTags: new Map([["friends", FRIENDS]]) };

const newKey = keySupply();
const apply = (users: readonly ProxyUser[], book = planInput().book, more: Partial<PlanInput> = {}): Plan =>
  makePlan(planInput({ users, book, newKey, ...more }));
const person = (name: string, number: number, group?: string, mode: Mode = "padded"): ProxyUser => ({
  ...proxyUser(name, numberedKey(number), mode),
  ...(group === undefined ? {} : { group }),
});
const shardOf = (plan: Plan, { secret }: ProxyUser) =>
  plan.book.shards.find(({ id }) => id === plan.placements.get(secret.key.reveal())?.shardId);

const [alice, bob, carol] = [person("alice", 1, "friends"), person("bob", 2), person("carol", 3, "family")];

describe("groups", () => {
  it("without a tag of their own cost nothing: everybody shares a shard, and the book says nothing of them", () => {
    const plan = apply([alice, bob, carol], undefined, { tag: COMMON });
    expect(plan.book.shards).toHaveLength(1);
    expect(plan.book.shards[0]).not.toHaveProperty("group");
  });

  it("with a tag of their own get a shard of their own, which carries it", () => {
    const plan = apply([alice, bob, carol], undefined, tagged);
    expect(plan.book.shards.map(({ id, port, group, tag }) => ({ id, port, group, tag }))).toEqual([
      { id: 1, port: 8443, group: undefined, tag: COMMON },
      { id: 2, port: 8444, group: "friends", tag: FRIENDS },
    ]);
    expect(shardOf(plan, alice)?.id).toBe(2);
    expect(shardOf(plan, carol)?.id).toBe(1);
  });

  it("that get a tag leave the shards that they share, and only their links change", () => {
    const before = apply([alice, bob, carol], undefined, { tag: COMMON });
    const after = apply([alice, bob, carol], before.book, tagged);
    expect(after.moves).toEqual([{ holder: "alice", fromPort: 8443, toPort: 8444 }]);
    expect(after.reasons.get(1)).toEqual(["alice moves away"]);
    expect(after.revocations).toEqual([]);
    expect(after.shards[0]?.liveKeys.some(({ key }) => key.equals(alice.secret.key))).toBe(false);
  });

  it("that get a tag and share with nobody keep their shards, which only change their tag", () => {
    const friends = [alice, person("dave", 4, "friends", "fake-tls")];
    const before = apply(friends, undefined, { tag: COMMON });
    const after = apply(friends, before.book, tagged);
    expect(after.moves).toEqual([]);
    expect(after.book.shards.map(({ group, tag }) => [group, tag])).toEqual([
      ["friends", FRIENDS],
      ["friends", FRIENDS],
    ]);
    expect([...after.reasons.values()]).toEqual([["the promoted channel changes"], ["the promoted channel changes"]]);
  });

  it("whose tag changes restart only their own shards", () => {
    const before = apply([alice, bob], undefined, tagged);
    const after = apply([alice, bob], before.book, { ...tagged, groupTags: new Map([["friends", COMMON]]) });
    expect([after.reasons.get(1), after.reasons.get(2)]).toEqual([[], ["the promoted channel changes"]]);
    expect(after.moves).toEqual([]);
  });

  it("whose tag is taken away stay where they are, and their shard is everybody's", () => {
    const before = apply([alice, bob], undefined, tagged);
    const after = apply([alice, bob], before.book, { tag: COMMON });
    expect(after.moves).toEqual([]);
    expect(after.book.shards.map(({ id, group, tag }) => [id, group, tag])).toEqual([
      [1, undefined, COMMON],
      [2, undefined, COMMON],
    ]);
  });

  it("are changed by who moves between them, and who is alone on a shard takes it along", () => {
    const before = apply([alice, bob], undefined, tagged);
    const joined = apply([alice, { ...bob, group: "friends" }, carol], before.book, tagged);
    expect(joined.moves).toEqual([]);
    const both = apply([alice, bob, carol], before.book, tagged);
    const moved = apply([alice, { ...bob, group: "friends" }, carol], both.book, tagged);
    expect(moved.moves).toEqual([{ holder: "bob", fromPort: 8443, toPort: 8444 }]);
    const left = apply([person("alice", 1), bob, carol], both.book, tagged);
    expect(left.moves).toEqual([]);
    expect(left.book.shards.map(({ group }) => group)).toEqual([undefined, undefined]);
  });

  it("keep an empty shard with spare keys for whoever joins, and it goes with the tag", () => {
    const before = apply([alice, bob], undefined, tagged);
    const alone = apply([bob], before.book, tagged);
    expect(alone.book.shards.map(({ group }) => group)).toEqual([undefined, "friends"]);
    expect(apply([bob], alone.book, { tag: COMMON }).book.shards.map(({ id }) => id)).toEqual([1]);
  });

  it("do not exist for an engine that carries no tag", () => {
    const plan = apply([alice, bob], undefined, { ...tagged, capabilities: trialCapabilities });
    expect(plan.book.shards).toHaveLength(1);
    expect(plan.book.shards[0]).not.toHaveProperty("group");
  });

  it("get spare keys of their own shards alone", () => {
    const { book } = apply([alice, bob], undefined, tagged);
    const { capabilities, sharedSecrets } = planInput();
    const spares = new SpareKeys({ book, users: [alice, bob], sharedSecrets, capabilities, ...tagged });
    const shardWith = (digits = "") =>
      book.shards.find(({ slots }) => slots.some(({ key }) => key.reveal() === digits))?.id;
    const take = (group?: string) => shardWith(spares.take({ mode: "padded", group })?.reveal());
    expect([take("friends"), take("family"), take(), take("friends")]).toEqual([2, 1, 1, 2]);
    expect(spares.take({ mode: "padded", near: alice.secret.key })?.reveal()).not.toBeUndefined();
  });
});

type Step = {
  readonly user: number;
  readonly group: "friends" | "family" | "school" | undefined;
  readonly mode: Mode;
  readonly what: "add" | "remove" | "toggle" | "regroup" | "tag" | "untag";
};
const steps = fc.array(
  fc.record<Step>({
    user: fc.nat(50),
    group: fc.constantFrom("friends", "family", "school", undefined),
    mode: fc.constantFrom<Mode>("plain", "padded", "fake-tls"),
    what: fc.constantFrom("add", "add", "add", "remove", "toggle", "regroup", "tag", "untag"),
  }),
  { maxLength: 70 },
);

describe("after any order of joins, changes of group, tags given and taken away", () => {
  it("each shard has 16 keys and one tag, that of everybody on it, and nobody moves whose group and tag stay", () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        const supply = keySupply();
        let users: ProxyUser[] = [];
        let groupTags = new Map<string, string>();
        let before = makePlan(planInput({ newKey: supply, tag: COMMON, groupTags }));
        for (const [index, step] of sequence.entries()) {
          const was = { users, groupTags };
          users = changed(users, step, index);
          groupTags = retagged(groupTags, step, index);
          const plan = makePlan(planInput({ users, book: before.book, newKey: supply, tag: COMMON, groupTags }));
          checkTags(plan, users, groupTags);
          for (const user of users) {
            const then = was.users.find(({ name }) => name === user.name);
            const isSame = (group: string | undefined) => was.groupTags.has(group ?? "") === groupTags.has(group ?? "");
            if (then?.group === user.group && isSame(user.group) && then !== undefined)
              expect(shardOf(plan, user)?.port).toBe(shardOf(before, then)?.port);
          }
          const again = makePlan(planInput({ users, book: plan.book, newKey: supply, tag: COMMON, groupTags }));
          expect({ ...again.book, moving: [], revoking: [] }).toEqual({ ...plan.book, moving: [], revoking: [] });
          before = { ...plan, book: { ...plan.book, moving: [], revoking: [] } };
        }
      }),
      { numRuns: 80 },
    );
  });
});

function changed(users: readonly ProxyUser[], { user, group, mode, what }: Step, index: number): ProxyUser[] {
  const name = `u${user}`;
  const present = users.find((one) => one.name === name);
  const others = users.filter((one) => one !== present);
  if (what === "remove") return others;
  if (what === "add" && present === undefined) return [...others, person(name, 1000 + index, group, mode)];
  if (present === undefined) return [...users];
  const { group: _, ...rest } = present;
  const next = { toggle: { ...present, enabled: !present.enabled }, regroup: group ? { ...rest, group } : rest };
  return what === "toggle" || what === "regroup"
    ? users.map((one) => (one === present ? next[what] : one))
    : [...users];
}

function retagged(tags: ReadonlyMap<string, string>, { group, what }: Step, index: number): Map<string, string> {
  const next = new Map(tags);
  if (group !== undefined && what === "tag") next.set(group, index.toString(16).padStart(32, "a"));
  if (group !== undefined && what === "untag") next.delete(group);
  return next;
}

function checkTags(plan: Plan, users: readonly ProxyUser[], groupTags: ReadonlyMap<string, string>): void {
  const ports = plan.book.shards.map(({ port }) => port);
  expect(new Set(ports).size).toBe(ports.length);
  for (const { shard, liveKeys } of plan.shards) {
    expect(liveKeys).toHaveLength(16);
    expect(shard.tag).toBe(groupTags.get(shard.group ?? "") ?? COMMON);
    expect(shard.group === undefined || groupTags.has(shard.group)).toBe(true);
  }
  for (const user of users) expect(shardOf(plan, user)?.tag).toBe(groupTags.get(user.group ?? "") ?? COMMON);
}
