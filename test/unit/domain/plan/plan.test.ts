import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { trialCapabilities } from "../../../../src/domain/engine-facts.ts";
import { makePlan } from "../../../../src/domain/plan/plan.ts";
import type { Plan } from "../../../../src/domain/plan/types.ts";
import type { Mode } from "../../../../src/domain/secret.ts";
import type { Slot } from "../../../../src/domain/shard.ts";
import type { ProxyUser } from "../../../../src/domain/user.ts";
import { keySupply, numberedKey, planInput, proxyUser } from "../../../support/domain.ts";

const newKey = keySupply();
const apply = (users: readonly ProxyUser[], book = planInput().book, more = {}): Plan =>
  makePlan(planInput({ users, book, newKey, ...more }));
const spareOf = (plan: Plan, shard = 0): Slot => {
  const slot = plan.book.shards[shard]?.slots.find(({ holder }) => holder === undefined);
  if (slot === undefined) throw new Error("no spare slot");
  return slot;
};
const placeOf = (plan: Plan, user: ProxyUser) => plan.placements.get(user.secret.key.reveal());
const keysOf = (plan: Plan, id: number) =>
  plan.shards.find(({ shard }) => shard.id === id)?.liveKeys.map(({ key }) => key.reveal());

describe("a plan", () => {
  it("starts an empty home with one shard of 16 spare slots on the set port", () => {
    const plan = apply([]);
    expect(plan.book.shards).toMatchObject([{ id: 1, family: "obfuscated", port: 8443, coverDomains: [] }]);
    expect(plan.shards[0]?.liveKeys).toHaveLength(16);
  });

  it("starts an empty home whose default is fake-TLS with the default cover domain", () => {
    const settings = { ...planInput().settings, defaultMode: "fake-tls" as const };
    expect(apply([], undefined, { settings }).book.shards).toMatchObject([
      { family: "fake-tls", coverDomains: ["a.example"] },
    ]);
  });

  it("gives people the set port who come from a proxy that served fake-TLS only, for their links name it", () => {
    const imported = [1, 2].map((number) => proxyUser(`e${number}`, numberedKey(number), "fake-tls"));
    const plan = apply(imported);
    expect(plan.book.shards).toMatchObject([{ id: 1, family: "fake-tls", port: 8443 }]);
    const later = apply([...imported, proxyUser("padded", numberedKey(3))], plan.book);
    expect(later.book.shards.map(({ family, port }) => [family, port])).toEqual([
      ["fake-tls", 8443],
      ["obfuscated", 8444],
    ]);
  });

  it("changes no process when a user takes a spare key", () => {
    const before = apply([]);
    const alice = proxyUser("alice", spareOf(before).key);
    const after = apply([alice], before.book);
    expect(keysOf(after, 1)).toEqual(keysOf(before, 1));
    expect(placeOf(after, alice)).toMatchObject({ holder: "alice", shardId: 1, port: 8443 });
    expect(after.reasons.get(1)).toEqual([]);
  });

  it("opens a second shard on the next port for the 17th user and leaves the first alone", () => {
    const sixteen = Array.from({ length: 16 }, (_, index) => proxyUser(`u${index}`, numberedKey(index)));
    const before = apply(sixteen);
    const after = apply([...sixteen, proxyUser("last", numberedKey(99))], before.book);
    expect(after.book.shards.map(({ id, port }) => [id, port])).toEqual([
      [1, 8443],
      [2, 8444],
    ]);
    expect(keysOf(after, 1)).toEqual(keysOf(before, 1));
  });

  it("renews the pinned address of a shard that restarts and leaves other shards with that cover domain alone", () => {
    const people = Array.from({ length: 33 }, (_, index) =>
      proxyUser(`e${index}`, numberedKey(200 + index), "fake-tls"),
    );
    const domain = "a.example";
    const before = apply(people, undefined, { addresses: { [domain]: "192.0.2.1" } });
    const pinsOf = (plan: Plan) =>
      plan.book.shards.filter(({ family }) => family === "fake-tls").map(({ pinned }) => pinned[domain]);
    const withoutFirst = apply(people.slice(1), before.book, { addresses: { [domain]: "192.0.2.2" } });
    expect(pinsOf(before)).toEqual(["192.0.2.1", "192.0.2.1", "192.0.2.1"]);
    expect(pinsOf(withoutFirst)).toEqual(["192.0.2.2", "192.0.2.1", "192.0.2.1"]);
    const more = Array.from({ length: 16 }, (_, index) => proxyUser(`f${index}`, numberedKey(300 + index), "fake-tls"));
    const withMore = apply([...people, ...more], before.book, { addresses: { [domain]: "192.0.2.2" } });
    expect(pinsOf(withMore).slice(0, 2)).toEqual(["192.0.2.1", "192.0.2.1"]);
    expect(pinsOf(withMore).at(-1)).toBe("192.0.2.2");
  });

  it("skips ports that something else holds and ports that old links name", () => {
    const plan = apply(
      [proxyUser("eve", numberedKey(1), "fake-tls"), proxyUser("pat", numberedKey(2))],
      { ...planInput().book, retiredPorts: [8444] },
      { busyPorts: new Set([8445]) },
    );
    expect(plan.book.shards.map(({ port }) => port)).toEqual([8443, 8446]);
  });

  it("says so when the port range is used up", () => {
    const settings = { ...planInput().settings, portRange: { first: 8444, last: 8444 } };
    const users = ["a", "b"].map((name, index) => proxyUser(name, numberedKey(index), "fake-tls", `${name}.example`));
    const start = apply([], undefined, { settings });
    const one = apply(users.slice(0, 1), start.book, { settings });
    expect(() => apply(users, one.book, { settings })).toThrow(/no free port/);
  });

  it("refuses to give the first shard the port of another one, and names both and the way out", () => {
    const people = Array.from({ length: 17 }, (_, index) => proxyUser(`u${index}`, numberedKey(index)));
    const { book } = apply(people);
    const settings = { ...planInput().settings, port: 8444 };
    const refusal = expect.objectContaining({
      kind: "conflict",
      message: expect.stringMatching(/^familytraffic-mtproxy shall get port 8444, .* of familytraffic-mtproxy-2, /),
      hint: "mtproxy setup --port 8443 keeps the port that it has",
    });
    expect(() => apply(people, book, { settings })).toThrow(refusal);
    // Where the other one goes with this plan, its port is free.
    expect(apply([], book, { settings }).book.shards.map(({ port }) => port)).toEqual([8444]);
  });

  it("gives every shard another port on demand, from one on, past those that are held, and once only", () => {
    const people = Array.from({ length: 33 }, (_, index) => proxyUser(`u${index}`, numberedKey(index)));
    const { book } = apply(people);
    const settings = { ...planInput().settings, port: 8442 };
    const more = { settings, portsFrom: 8442, busyPorts: new Set([8447]) };
    const moved = apply(people, { ...book, retiredPorts: [8448] }, more);
    // 8443 to 8445 are the shards' own until they restart.
    expect(moved.book.shards.map(({ port }) => port)).toEqual([8442, 8446, 8449]);
    expect(moved.moves).toHaveLength(33);
    expect(moved.reasons.get(3)).toEqual(["the port changes from 8445 to 8449"]);
    expect(apply(people, moved.book, more).book.shards).toEqual(moved.book.shards);
    expect(apply(people, moved.book, { settings }).book.shards).toEqual(moved.book.shards);
  });

  it("names the shards for which no port is left behind the one that is asked for", () => {
    const people = Array.from({ length: 33 }, (_, index) => proxyUser(`u${index}`, numberedKey(index)));
    const { book } = apply(people);
    const settings = { ...planInput().settings, port: 65_534 };
    expect(() => apply(people, book, { settings, portsFrom: 65_534 })).toThrow(
      "no port behind 65534 is free for familytraffic-mtproxy-3, so nobody's port changes",
    );
  });

  it("fills a disabled user's slot with a throwaway key, the same each time, and gives the key back when enabled", () => {
    const before = apply([]);
    const alice = proxyUser("alice", spareOf(before).key);
    const enabled = apply([alice], before.book);
    const disabled = apply([{ ...alice, enabled: false }], enabled.book);
    expect(keysOf(disabled, 1)).not.toContain(alice.secret.key.reveal());
    expect(keysOf(disabled, 1)).toHaveLength(16);
    expect(keysOf(apply([{ ...alice, enabled: false }], disabled.book), 1)).toEqual(keysOf(disabled, 1));
    expect(keysOf(apply([alice], disabled.book), 1)).toEqual(keysOf(enabled, 1));
    expect(placeOf(disabled, alice)?.port).toBe(8443);
  });

  it("replaces the key of a user who is gone and never hands it out again", () => {
    const alice = proxyUser("alice", numberedKey(1));
    const before = apply([alice]);
    const after = apply([], before.book);
    expect(after.revocations).toEqual([{ key: alice.secret.key, holder: "alice", shardId: 1 }]);
    expect(after.book.shards[0]?.slots.map(({ key }) => key.reveal())).not.toContain(alice.secret.key.reveal());
    expect(after.reasons.get(1)).toEqual(["the key of alice is revoked"]);
  });

  it("adds a cover domain to a running shard only when a restart is allowed", () => {
    const one = apply([proxyUser("a", numberedKey(1), "fake-tls", "a.example")], apply([]).book);
    const users = [
      proxyUser("a", numberedKey(1), "fake-tls", "a.example"),
      proxyUser("b", numberedKey(2), "fake-tls", "b.example"),
    ];
    expect(apply(users, one.book).book.shards.map(({ coverDomains }) => coverDomains)).toEqual([
      [],
      ["a.example"],
      ["b.example"],
    ]);
    const joined = apply(users, one.book, { allowRestart: true });
    expect(joined.book.shards.map(({ coverDomains }) => coverDomains)).toEqual([[], ["a.example", "b.example"]]);
    expect(joined.reasons.get(2)).toContain("cover domain b.example is added");
  });

  it("retires an empty shard when another one can take the next user of its kind, and keeps its port out of use", () => {
    const users = Array.from({ length: 17 }, (_, index) => proxyUser(`u${index}`, numberedKey(index)));
    const full = apply(users);
    const fewer = apply(users.slice(0, 15), full.book);
    expect(fewer.book.shards.map(({ id }) => id)).toEqual([1]);
    expect(fewer.book.retiredPorts).toEqual([8444]);
    expect(apply(users.slice(0, 16), full.book).book.shards.map(({ id }) => id)).toEqual([1, 2]);
  });

  it("puts everybody on one shard of the trial engine and drops keys there at once", () => {
    const users = [proxyUser("a", numberedKey(1)), proxyUser("b", numberedKey(2), "fake-tls", "b.example")];
    const plan = apply(users, undefined, { capabilities: trialCapabilities });
    expect(plan.shards).toHaveLength(1);
    expect(plan.shards[0]?.shard.coverDomains).toEqual(["a.example", "b.example"]);
    const after = apply(users.slice(1), plan.book, { capabilities: trialCapabilities });
    expect(after.shards[0]?.liveKeys.map(({ holder }) => holder)).toEqual(["b"]);
  });

  it("places everybody anew when the engine changes and names whose port moves", () => {
    const users = [proxyUser("a", numberedKey(1)), proxyUser("b", numberedKey(2), "fake-tls", "b.example")];
    const trial = apply(users, undefined, { capabilities: trialCapabilities });
    const docker = apply(users, trial.book);
    expect(docker.moves).toEqual([{ holder: "b", fromPort: 8443, toPort: 8444 }]);
    expect(docker.revocations).toEqual([]);
  });

  it("plans 10,000 users of all modes onto whole shards", () => {
    const modes: Mode[] = ["plain", "padded", "fake-tls"];
    const users = Array.from({ length: 10_000 }, (_, index) =>
      proxyUser(`u${index}`, numberedKey(index), modes[index % 3], `d${index % 2}.example`),
    );
    const settings = { ...planInput().settings, portRange: { first: 10_000, last: 12_000 } };
    const plan = apply(users, undefined, { settings });
    expect(plan.placements.size).toBe(10_000);
    expect(makePlan(planInput({ users, settings, book: plan.book })).book).toEqual(plan.book);
  });
});

type Step = {
  readonly user: number;
  readonly mode: Mode;
  readonly domain: string;
  readonly what: "add" | "remove" | "toggle";
};
const steps = fc.array(
  fc.record<Step>({
    user: fc.nat(60),
    mode: fc.constantFrom<Mode>("plain", "padded", "fake-tls"),
    domain: fc.constantFrom("a.example", "b.example", "c.example"),
    what: fc.constantFrom("add", "add", "remove", "toggle"),
  }),
  { maxLength: 80 },
);

describe("after any order of adds, removes, enables and disables", () => {
  it("no shard has more than 16 keys or mixes families, everyone is served once, and nobody who stays moves", () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        const supply = keySupply();
        let users: ProxyUser[] = [];
        let plan = makePlan(planInput({ newKey: supply }));
        const revoked = new Set<string>();
        for (const step of sequence) {
          const before = plan;
          const was = users;
          users = take(users, step, before, supply);
          plan = makePlan(planInput({ users, book: before.book, newKey: supply }));
          for (const user of was.filter((old) => !users.some(({ name }) => name === old.name)))
            revoked.add(user.secret.key.reveal());
          checkPlan(plan, users, revoked);
          for (const user of was.filter(({ name }) => users.some((now) => now.name === name))) {
            expect(placeOf(plan, user)).toEqual(placeOf(before, user));
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});

function take(
  users: readonly ProxyUser[],
  step: Step,
  plan: Plan,
  supply: () => ReturnType<typeof numberedKey>,
): ProxyUser[] {
  const name = `u${step.user}`;
  const others = users.filter((user) => user.name !== name);
  const present = users.find((user) => user.name === name);
  if (step.what === "remove") return others;
  if (present !== undefined)
    return step.what === "toggle"
      ? users.map((user) => (user === present ? { ...user, enabled: !user.enabled } : user))
      : [...users];
  const family = step.mode === "fake-tls" ? "fake-tls" : "obfuscated";
  const shard = plan.book.shards.find(
    (one) =>
      one.family === family &&
      (family === "obfuscated" || one.coverDomains.includes(step.domain)) &&
      one.slots.some(({ holder }) => holder === undefined),
  );
  const key = shard?.slots.find(({ holder }) => holder === undefined)?.key ?? supply();
  return [...others, proxyUser(name, key, step.mode, step.domain)];
}

function checkPlan(plan: Plan, users: readonly ProxyUser[], revoked: ReadonlySet<string>): void {
  const ports = plan.book.shards.map(({ port }) => port);
  expect(new Set(ports).size).toBe(ports.length);
  for (const { shard, liveKeys } of plan.shards) {
    expect(liveKeys).toHaveLength(16);
    expect(shard.family === "fake-tls").toBe(shard.coverDomains.length > 0);
    for (const { key } of liveKeys) expect(revoked.has(key.reveal())).toBe(false);
  }
  const live = plan.shards.flatMap(({ shard, liveKeys }) =>
    liveKeys.map(({ key }) => ({ digits: key.reveal(), shard })),
  );
  for (const user of users) {
    const where = live.filter(({ digits }) => digits === user.secret.key.reveal());
    expect(where).toHaveLength(user.enabled ? 1 : 0);
    if (where[0] === undefined) continue;
    expect(where[0].shard.family).toBe(user.secret.mode === "fake-tls" ? "fake-tls" : "obfuscated");
    if (user.secret.mode === "fake-tls") expect(where[0].shard.coverDomains).toContain(user.secret.domain);
  }
}
