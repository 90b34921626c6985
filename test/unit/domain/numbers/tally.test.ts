import { describe, expect, it } from "vitest";
import { type Account, booked, emptyAccount, usedWithin } from "../../../../src/domain/account.ts";
import { type CollectorState, emptyState, readCollectorState } from "../../../../src/domain/numbers/collector-state.ts";
import type { EngineSight, InstanceSight, LedgerSight, Sight } from "../../../../src/domain/numbers/sight.ts";
import { tally } from "../../../../src/domain/numbers/tally.ts";
import type { ProxyStats } from "../../../../src/domain/proxy-stats.ts";
import { makeSecret } from "../../../../src/domain/secret.ts";
import type { User } from "../../../../src/domain/user.ts";
import { numberedKey } from "../../../support/domain.ts";

const AT = new Date("2026-11-21T12:00:00.000Z");
const FIRST = { createdAt: "2026-11-01T00:00:00.000Z" };
const NOBODY = { from: "nobody", why: "figures of each person need HAProxy routing" } as const;
const host = {
  ...{ load: [0.5, 0.4, 0.3] as const, cores: 2, memoryBytes: 4e9, memoryFreeBytes: 1e9 },
  ...{ diskBytes: 1e11, diskFreeBytes: 5e10 },
};

const stats = (more: Partial<ProxyStats> = {}): ProxyStats => ({
  ...{ startTime: 100, uptime: 60, readyTargets: 5, declaredTargets: 6, activeClients: 3, clientsSinceStart: 40 },
  ...{ openSockets: 9, bytesIn: 1000, bytesOut: 2000, tagSet: false, workers: 0, version: "c", residentBytes: 7e6 },
  ...more,
});

const instance = (more: Partial<InstanceSight> = {}): InstanceSight => ({
  ...{ side: "a", id: "c1", running: true, stats: stats() },
  ...more,
});

const shard = (id: number, ...instances: readonly InstanceSight[]) => ({
  ...{ id, name: `shard ${id}`, kind: "obfuscated", port: 8442 + id },
  instances,
});

const person = (name: string, more: Partial<User> = {}): User => ({
  ...{ name, enabled: true, hasProxyPassword: false },
  secret: makeSecret("padded", numberedKey(1)),
  ...more,
});

const sight = (more: Partial<Sight> = {}): Sight => ({
  ...{ at: AT, elapsed: 10, routing: "direct", edge: null, resources: [], host },
  shards: [shard(1, instance())],
  people: { users: [person("alice")], refusals: {}, traffic: NOBODY, lastSeen: {}, households: null },
  ...more,
});

/** The state after a first look. */
const stateAfter = (first: Sight): CollectorState => tally(emptyState, first).state;

describe("what a look comes to", () => {
  it("is what the shards say, with everything that they have counted in the totals", () => {
    const { snapshot, increments, seconds } = tally(emptyState, sight({ elapsed: null }));
    expect(snapshot.proxy).toEqual({ running: true, activeConnections: 3, totalConnections: 40, uptimeSeconds: 60 });
    expect(snapshot.shards).toEqual([
      {
        ...{ id: 1, name: "shard 1", kind: "obfuscated", port: 8443, running: true },
        ...{ activeConnections: 3, totalConnections: 40, uptimeSeconds: 60, readyTargets: 5, declaredTargets: 6 },
        ...{ openSockets: 9, bytesIn: 1000, bytesOut: 2000, memoryBytes: 7e6 },
      },
    ]);
    // What was before the first look belongs to none of its seconds.
    expect(increments).toContainEqual({ kind: "all", name: "", bytesIn: 0, bytesOut: 0, opened: 0, active: 3 });
    expect(seconds).toBe(0);
  });

  it("adds over restarts, and counts an instance that drains", () => {
    const state = stateAfter(sight());
    const restarted = instance({ stats: stats({ startTime: 200, clientsSinceStart: 4, bytesIn: 50, bytesOut: 60 }) });
    const draining = instance({ side: "b", id: "c2", stats: stats({ clientsSinceStart: 2, activeClients: 1 }) });
    const { snapshot, increments } = tally(state, sight({ shards: [shard(1, restarted, draining)] }));
    expect(snapshot.proxy).toMatchObject({ activeConnections: 4, totalConnections: 46 });
    expect(snapshot.shards[0]).toMatchObject({ bytesIn: 2050, bytesOut: 4060, totalConnections: 46 });
    expect(increments[0]).toMatchObject({ kind: "all", opened: 6, active: 4, bytesIn: 1050 });
  });

  it("goes on from a state that was written down", () => {
    const state = readCollectorState(JSON.parse(JSON.stringify(stateAfter(sight()))));
    const next = sight({ shards: [shard(1, instance({ stats: stats({ clientsSinceStart: 41 }) }))] });
    expect(tally(state ?? emptyState, next).snapshot.proxy.totalConnections).toBe(41);
    expect(readCollectorState({ version: 7 })).toBeUndefined();
  });

  it("knows nothing of a shard that does not answer, and keeps what it had", () => {
    const { snapshot } = tally(stateAfter(sight()), sight({ shards: [shard(1, instance({ stats: undefined }))] }));
    expect(snapshot.shards[0]).toMatchObject({ running: true, activeConnections: null, totalConnections: 40 });
    expect(snapshot.proxy).toMatchObject({ running: true, activeConnections: null, uptimeSeconds: null });
  });

  it("counts no bytes of workers, which nobody counts", () => {
    const { bytesIn: _in, bytesOut: _out, ...rest } = stats({ workers: 2 });
    const { snapshot } = tally(emptyState, sight({ shards: [shard(1, instance({ stats: rest }))] }));
    expect(snapshot.shards[0]).toMatchObject({ bytesIn: null, bytesOut: null, totalConnections: 40 });
  });

  it("watches nothing while the engine cannot be asked, and nothing across a gap", () => {
    const state = stateAfter(sight());
    const deaf = tally(state, sight({ shards: undefined }));
    expect(deaf).toMatchObject({
      watched: [],
      snapshot: { shards: [], proxy: { running: null, totalConnections: 40 } },
    });
    // What is found then was carried in more than these ten seconds.
    const after = tally(deaf.state, sight());
    expect([after.watched, tally(after.state, sight()).watched]).toEqual([[], ["all", "shard"]]);
    expect(tally(state, sight({ shards: [] })).snapshot.proxy.running).toBe(false);
    expect(tally(state, sight({ elapsed: 10.02 })).seconds).toBe(10.02);
    expect(tally(state, sight({ elapsed: 25 })).seconds).toBe(0);
  });

  it("says of people why nobody tells them apart, and never that they did nothing", () => {
    const { snapshot, watched, increments } = tally(stateAfter(sight()), sight());
    expect(snapshot.usersNote).toBe(NOBODY.why);
    expect(snapshot.users).toMatchObject([
      { name: "alice", enabled: true, connections: null, bytesIn: null, lastSeen: null, addressesToday: null },
    ]);
    expect(watched).toEqual(["all", "shard"]);
    expect(increments.map(({ kind }) => kind)).toEqual(["all", "shard"]);
  });

  it("shares the time of processes, and adds up what they send over restarts", () => {
    const use = (more: object) => ({
      name: "p",
      start: "1",
      cpuSeconds: 5,
      memoryBytes: 100,
      rxBytes: 10,
      txBytes: 20,
      ...more,
    });
    const first = tally(emptyState, sight({ elapsed: null, resources: [use({})] }));
    expect(first.snapshot.resources).toEqual({
      ...{ cpuPercent: null, memoryBytes: 100, networkRxBytes: 10, networkTxBytes: 20 },
    });
    const other = { name: "haproxy", start: "7", cpuSeconds: 0.5, memoryBytes: 50 };
    const resources = [use({ start: "2", cpuSeconds: 1, rxBytes: 3, txBytes: 4 }), other];
    expect(tally(first.state, sight({ resources })).snapshot.resources).toEqual({
      cpuPercent: 15,
      memoryBytes: 150,
      networkRxBytes: 13,
      networkTxBytes: 24,
    });
    const deaf = tally(first.state, sight({ resources: undefined }));
    expect(deaf.snapshot.resources).toBeNull();
    const after = tally(deaf.state, sight({ resources: [use({ cpuSeconds: 95, rxBytes: 11 })] }));
    expect(after.snapshot.resources).toMatchObject({ cpuPercent: null, networkRxBytes: 11 });
    const next = tally(after.state, sight({ resources: [use({ cpuSeconds: 96, rxBytes: 12 })] }));
    expect(next.snapshot.resources).toMatchObject({ cpuPercent: 10, networkRxBytes: 12 });
  });

  it("knows no share of time of processes that nobody saw before, and goes on with one that was away", () => {
    const one = { name: "p", start: "1", cpuSeconds: 9000, memoryBytes: 1, rxBytes: 10, txBytes: 20 };
    const none = tally(emptyState, sight({ elapsed: null, resources: undefined }));
    const first = tally(none.state, sight({ resources: [one] }));
    expect(first.snapshot.resources).toMatchObject({ cpuPercent: null, networkRxBytes: 10 });
    const paused = tally(first.state, sight({ resources: [] }));
    const again = tally(paused.state, sight({ resources: [{ ...one, rxBytes: 15 }] }));
    expect([paused, again].map(({ snapshot }) => snapshot.resources?.networkRxBytes)).toEqual([null, 15]);
  });
});

describe("people at a look", () => {
  const account = booked(emptyAccount, AT, [100, 200, 3]);

  const ledger = (accounts: Readonly<Record<string, Account>>, more: Partial<LedgerSight> = {}): LedgerSight => ({
    ...{ from: "ledger", accounts: new Map(Object.entries(accounts)), open: {}, workers: ["w1"], ended: {} },
    used: (name, period) => usedWithin(new Map(Object.entries(accounts)).get(name) ?? emptyAccount, period, AT),
    ...more,
  });
  const edge = { running: true, connections: 5, uptimeSeconds: 9, oldWorkers: 0, worker: 7, agents: 2, verdicts: {} };
  const routed = (traffic: LedgerSight, more: Partial<Sight["people"]> = {}): Sight =>
    sight({
      ...{ routing: "edge", edge },
      people: { users: [person("alice"), person("bob")], refusals: {}, lastSeen: {}, households: {}, traffic, ...more },
    });

  it("have the ledger's sums, and those who did nothing have zeros", () => {
    const limits = { quota: { bytes: 1000, period: "7d" } } as const;
    const people = {
      users: [person("alice", { limits }), person("bob", { enabled: false })],
      households: { alice: 2 },
    };
    const { snapshot, increments, watched } = tally(
      emptyState,
      routed(ledger({ alice: account }, { open: { alice: 2 } }), people),
    );
    expect(snapshot.users).toEqual([
      {
        ...{ name: "alice", enabled: true, refusal: null, connections: 2, totalConnections: 5 },
        ...{ bytesIn: 100, bytesOut: 200, usedBytes: 300, lastSeen: AT.toISOString(), addressesToday: 2 },
        ...{ limits, expiresAt: null },
      },
      {
        ...{ name: "bob", enabled: false, refusal: null, connections: 0, totalConnections: 0 },
        ...{ bytesIn: 0, bytesOut: 0, usedBytes: 0, lastSeen: null, addressesToday: 0 },
        ...{ limits: null, expiresAt: null },
      },
    ]);
    expect(increments).toContainEqual({
      kind: "user",
      name: "alice",
      bytesIn: 100,
      bytesOut: 200,
      opened: 5,
      active: 2,
    });
    expect(increments.some(({ name }) => name === "bob")).toBe(false);
    expect(increments[0]).toMatchObject({ kind: "all", bytesIn: 100, bytesOut: 200, opened: 5 });
    expect(watched).toEqual(["all", "shard", "user"]);
  });

  it("may have a name that every object has something of", () => {
    const [name, users] = ["constructor", [person("constructor"), person("toString")]];
    const traffic = ledger({ [name]: account }, { open: { [name]: 2 } });
    const first = tally(emptyState, routed(traffic, { users, refusals: { [name]: "expired" } }));
    expect(first.snapshot.users).toMatchObject([
      { name, connections: 2, totalConnections: 5, bytesIn: 100, refusal: "expired", addressesToday: 0 },
      { name: "toString", connections: 0, totalConnections: 0, bytesIn: 0, refusal: null, lastSeen: null },
    ]);
    const next = tally(first.state, routed(ledger({ [name]: account }, { ended: { [name]: 1 } }), { users }));
    expect(next.increments.filter(({ kind }) => kind === "user")).toEqual([]);
    expect(next.events).toMatchObject([{ kind: "let-in", subject: name }]);
    const counted = { holder: name, activeConnections: 0, connectionsSinceStart: 1, bytesIn: 3, bytesOut: 4 };
    const told = { from: "engine", start: "1", users: [counted], running: true } as const;
    const trial = tally(emptyState, sight({ people: { ...routed(traffic).people, users, traffic: told } }));
    expect(trial.snapshot.users).toMatchObject([
      { bytesIn: 3, usedBytes: 7 },
      { bytesIn: 0, totalConnections: 0 },
    ]);
    expect(trial.increments[0]).toMatchObject({ kind: "all", bytesIn: 3, opened: 1 });
  });

  it("keep their sums while HAProxy does not answer, and nobody knows what they do", () => {
    const { snapshot, watched } = tally(
      emptyState,
      routed(ledger({ alice: account }, { open: undefined, workers: [] })),
    );
    expect(snapshot.users[0]).toMatchObject({ connections: null, bytesIn: 100, lastSeen: null });
    expect(watched).toEqual(["all", "shard"]);
  });

  it("have the shared secrets beside them, all together, once somebody has used one", () => {
    const accounts = { "secret:s1a2b3c": account, "secret:s4d5e6f": account };
    const { snapshot } = tally(
      emptyState,
      routed(ledger(accounts, { open: { "secret:s1a2b3c": 2 } }), { lastSeen: { "secret:s4d5e6f": 5000 } }),
    );
    expect(snapshot.shared).toEqual({
      ...{ connections: 2, totalConnections: 8, bytesIn: 200, bytesOut: 400, usedBytes: 600 },
      lastSeen: AT.toISOString(),
    });
    expect(tally(emptyState, routed(ledger({ alice: account }))).snapshot.shared).toBeNull();
  });

  it("tell when somebody is refused and let in again, once", () => {
    const first = tally(emptyState, routed(ledger({})));
    const over = routed(ledger({}), { refusals: { bob: "over-quota" } });
    const refused = tally(first.state, over);
    expect(refused.snapshot.users[1]).toMatchObject({ name: "bob", refusal: "quota" });
    expect(refused.events).toMatchObject([{ at: AT.getTime(), kind: "refused", subject: "bob" }]);
    expect(tally(refused.state, over).events).toEqual([]);
    expect(tally(refused.state, routed(ledger({}))).events).toMatchObject([{ kind: "let-in", subject: "bob" }]);
  });

  it("are counted by the collector where the engine tells them apart, over its restarts", () => {
    const alice = { holder: "alice", activeConnections: 1, connectionsSinceStart: 2, bytesIn: 10, bytesOut: 20 };
    const shared = { ...alice, holder: "*", activeConnections: 0 };
    const engine = (start: string, users: EngineSight["users"]): Sight =>
      sight({
        people: {
          ...{ users: [person("alice", FIRST)], refusals: {}, lastSeen: {}, households: null },
          traffic: { from: "engine", start, users, running: users !== undefined },
        },
      });
    const named = (more: Partial<User>, users: EngineSight["users"]): Sight => {
      const { people, ...rest } = engine("2", users);
      return { ...rest, people: { ...people, users: [person("alice", more)] } };
    };
    const first = tally(emptyState, engine("1", [{ ...alice, lastSeen: AT.toISOString() }, shared]));
    expect(first.snapshot.users[0]).toMatchObject({
      ...{ connections: 1, totalConnections: 2, bytesIn: 10, bytesOut: 20, usedBytes: 30, lastSeen: AT.toISOString() },
    });
    expect(first.snapshot.shared).toEqual({
      ...{ connections: 0, totalConnections: 2, bytesIn: 10, bytesOut: 20, usedBytes: 30, lastSeen: null },
    });
    expect(first.increments).toContainEqual({
      ...{ kind: "user", name: "secret:*", bytesIn: 10, bytesOut: 20, opened: 2, active: 0 },
    });
    const again = tally(first.state, engine("2", [{ ...alice, bytesIn: 5 }]));
    expect(again.snapshot.users[0]).toMatchObject({ totalConnections: 4, bytesIn: 15, bytesOut: 40 });
    expect(again.handedOver).toEqual([]);
    const another = tally(again.state, named({ createdAt: "2026-11-21T11:00:00.000Z" }, [{ ...alice, bytesIn: 8 }]));
    expect(another.handedOver).toEqual([{ from: "alice", to: "alice@20261121T110000.000Z" }]);
    expect(another.snapshot.users[0]).toMatchObject({ bytesIn: 3 });
    const stopped = tally(again.state, engine("2", undefined));
    expect(stopped.snapshot.users[0]).toMatchObject({ connections: 0, bytesIn: 15 });
  });
});

describe("what happens between two looks", () => {
  const kinds = (before: CollectorState, now: Sight) => tally(before, now).events.map(({ kind }) => kind);
  const silent = sight({ shards: [shard(1, instance({ stats: undefined }))] });
  const stopped = sight({ shards: [shard(1, instance({ running: false, stats: undefined }))] });

  it("is nothing at the first look", () => {
    expect(kinds(emptyState, stopped)).toEqual([]);
  });

  it("is that a shard stopped and serves again, and that it was started anew", () => {
    const up = stateAfter(sight());
    expect(kinds(up, stopped)).toEqual(["shard-down"]);
    expect(kinds(tally(up, stopped).state, sight())).toEqual(["shard-up"]);
    expect(kinds(up, sight({ shards: [shard(1, instance({ stats: stats({ startTime: 101 }) }))] }))).toEqual([
      "shard-restart",
    ]);
  });

  it("is no trouble when a shard misses one look, and is at the second", () => {
    const doubtful = tally(stateAfter(sight()), silent);
    expect(doubtful.events).toEqual([]);
    expect(kinds(doubtful.state, sight())).toEqual([]);
    expect(kinds(doubtful.state, silent)).toEqual(["shard-down"]);
  });

  it("is that HAProxy loaded its configuration anew, was started anew or is gone, and that agents are away", () => {
    const traffic: LedgerSight = {
      from: "ledger",
      accounts: new Map(),
      open: {},
      ended: {},
      workers: ["w1"],
      used: () => 0,
    };
    const at = (more: object, workers = ["w1"]): Sight =>
      sight({
        routing: "edge",
        edge: {
          running: true,
          connections: 0,
          uptimeSeconds: 1,
          oldWorkers: 0,
          worker: 7,
          agents: 2,
          verdicts: {},
          ...more,
        },
        people: { users: [], refusals: {}, lastSeen: {}, households: {}, traffic: { ...traffic, workers } },
      });
    const before = stateAfter(at({}));
    expect(kinds(before, at({}))).toEqual([]);
    expect(kinds(before, at({ worker: 8 }, ["w2", "w1"]))).toEqual(["haproxy-reload"]);
    expect(kinds(before, at({ worker: 8 }, ["w2"]))).toEqual(["haproxy-restart"]);
    const gone = at({ running: false, worker: null }, []);
    expect(kinds(before, gone)).toEqual(["haproxy-down"]);
    const told = [at({}), gone, at({ running: undefined })].map((it) => tally(before, it).snapshot.edge?.running);
    expect(told).toEqual([true, false, null]);
    expect(kinds(before, at({ agents: 1 }))).toEqual(["agents-away"]);
    expect(kinds(stateAfter(at({ agents: 0 })), at({}))).toEqual(["agents-back"]);
  });
});
