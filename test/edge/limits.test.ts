import { describe, expect, it } from "vitest";
import { carryConnections } from "../../src/app/routing/carry-connections.ts";
import { sourceWarnings } from "../../src/app/settings/source-warnings.ts";
import { defaultSettings, type Settings } from "../../src/domain/settings.ts";
import type { EdgeKey } from "../../src/edge/identify/edge-key.ts";
import { DaemonHome } from "../support/edge/daemon-home.ts";
import { alice, bob, EdgeScene } from "../support/edge/scene.ts";
import { headerOf, helloOf, newKey } from "../unit/edge/identify/edge-keys.ts";

/** Whose word is taken for where clients come from: so they may come from anywhere. */
const relay = "127.0.0.9";
const through = (address: string, key: EdgeKey) =>
  Buffer.concat([Buffer.from(`PROXY TCP6 ${address} 2001:db8::ffff 40000 443\r\n`), headerOf(key)]);

const people = [{ name: alice.holder, limits: { connections: 3 } }];
const limited = { ...alice, maxConnections: 3, maxAddresses: 2 };

describe("a limit", () => {
  it("of connections lets exactly so many in at a time, and is raised live", async () => {
    const scene = await EdgeScene.start([limited, bob]);
    const visitors = Array.from({ length: 5 }, () => scene.visitor());
    const answers = await Promise.all(visitors.map((visitor) => visitor.say(headerOf(alice))));
    expect(answers.filter((answer) => answer === "shard1")).toHaveLength(3);
    expect(answers.every((answer) => ["shard1", "site", "closed"].includes(answer))).toBe(true);
    expect(await scene.whoAnswers(headerOf(alice))).toBe("site");
    await visitors[answers.indexOf("shard1")]?.close();
    await expect.poll(() => scene.haproxy.ask("show table table_users key alice")).toContain("conn_cur=2");
    expect(await scene.whoAnswers(headerOf(alice))).toBe("shard1");
    await scene.writeKeys([{ ...limited, maxConnections: 8 }, bob]);
    const more = Array.from({ length: 5 }, () => scene.visitor());
    await expect.poll(() => more[0]?.say(headerOf(alice))).toBe("shard1");
    expect(await more[1]?.say(headerOf(alice))).toBe("shard1");
  });

  it("of connections counts those that an old worker still has, as long as it has them", async () => {
    const scene = await EdgeScene.start([limited, bob]);
    const early = Array.from({ length: 2 }, () => scene.visitor());
    for (const visitor of early) expect(await visitor.say(headerOf(alice))).toBe("shard1");
    await scene.runtime.reload();
    await scene.agentsAreUp();
    await carryConnections(scene.runtime, people);
    const late = Array.from({ length: 4 }, () => scene.visitor());
    const answers = await Promise.all(late.map((visitor) => visitor.say(headerOf(alice))));
    expect(answers.filter((answer) => answer === "shard1")).toHaveLength(1);
    expect(await early[0]?.say(Buffer.from("more"))).toBe("shard1");
    for (const visitor of early) await visitor.close();
    await expect.poll(async () => (await scene.runtime.processes()).oldWorkers).toEqual([]);
    await carryConnections(scene.runtime, people);
    expect(await Promise.all([0, 1, 2].map(() => scene.visitor().say(headerOf(alice))))).toContain("site");
    expect((await scene.runtime.counts()).find(({ name }) => name === "alice")).toMatchObject({ open: 3 });
  });

  it("of connections is not held against anybody for what nobody says any more", async () => {
    const scene = await EdgeScene.start([limited, bob]);
    await scene.runtime.setTableValue("table_before", "alice", "gpc0", 3);
    const told = async () => scene.haproxy.ask("show table table_before key alice");
    const left = async () => Number(/ exp=(\d+)/.exec(await told())?.[1] ?? 0);
    const first = await left();
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThanOrEqual(10_000);
    expect(await scene.whoAnswers(headerOf(alice))).toBe("site");
    // Whoever is turned away does not make it last.
    expect(await left()).toBeLessThan(first);
    await expect.poll(told, { timeout: 15_000 }).not.toContain("key=alice");
    expect(await scene.whoAnswers(headerOf(alice))).toBe("shard1");
  });

  it("of addresses lets exactly so many in, each as often as it likes, and this server besides", async () => {
    const scene = await EdgeScene.start([limited, bob]);
    const from = (address: string) => scene.whoAnswers(headerOf(alice), { from: address });
    const crowd = await Promise.all(Array.from({ length: 3 }, () => from("127.0.0.2")));
    expect(crowd).toEqual(["shard1", "shard1", "shard1"]);
    expect(await from("127.0.0.3")).toBe("shard1");
    expect(await from("127.0.0.4")).toBe("site");
    expect(await from("127.0.0.2")).toBe("shard1");
    await scene.record(6);
    // Records of connections in different threads come in any order.
    expect(scene.haproxy.records.filter(({ verdict }) => verdict !== "ok")).toEqual([
      expect.objectContaining({ from: "127.0.0.4", verdict: "addresses" }),
    ]);
    expect(await scene.haproxy.ask("show table table_users key alice")).toContain("gpc1=2");
    expect([await from("127.0.0.1"), await from("127.0.0.4")]).toEqual(["shard1", "site"]);
    expect(await scene.haproxy.ask("show table table_users key alice")).toContain("gpc1=2");
  });

  it("of connections from one source refuses who comes above it", async () => {
    const scene = await EdgeScene.start([alice], { maxConnectionsPerSource: 4 });
    const visitors = Array.from({ length: 4 }, () => scene.visitor({ from: "127.0.0.5" }));
    const answers = await Promise.all(visitors.map((visitor) => visitor.say(headerOf(alice))));
    expect(answers).toEqual(Array.from({ length: 4 }, () => "shard1"));
    expect(await scene.whoAnswers(headerOf(alice), { from: "127.0.0.5" })).toBe("closed");
    expect(await scene.whoAnswers(headerOf(alice), { from: "127.0.0.6" })).toBe("shard1");
  });

  it("of connections from one source holds for a whole /64 of IPv6", async () => {
    const scene = await EdgeScene.start([alice], { maxConnectionsPerSource: 4, relays: [relay] });
    const visitors = [1, 2, 3, 4].map((device) => ({ device, visitor: scene.visitor({ from: relay }) }));
    const answers = visitors.map(({ device, visitor }) => visitor.say(through(`2001:db8::${device}`, alice)));
    expect(new Set(await Promise.all(answers))).toEqual(new Set(["shard1"]));
    const from = (address: string) => scene.whoAnswers(through(address, alice), { from: relay });
    expect(await from("2001:db8::ffff:0:0:5")).toBe("closed");
    expect(await from("2001:db8:0:1::5")).toBe("shard1");
  });
});

describe("a list of sources", () => {
  const on = (mode: "allow" | "block", ...list: string[]) => ({ sources: { mode, list } });

  it("decides who gets to the proxies, with agents and without; it cuts nobody, and says by name whom it shuts out", async () => {
    const config = { ...on("allow", "127.0.0.2", "2001:db8::/32"), relays: [relay] };
    const scene = await EdgeScene.start([alice, bob], config);
    const from = (address: string, bytes = headerOf(alice)) => scene.whoAnswers(bytes, { from: address });
    const held = scene.visitor({ from: "127.0.0.2" });
    expect(await held.say(headerOf(alice))).toBe("shard1");
    expect([await from("127.0.0.3"), await from("127.0.0.3", helloOf(bob))]).toEqual(["site", "site"]);
    expect([await from("127.0.0.1"), await from(relay, through("2001:db8:9::1", alice))]).toEqual(["shard1", "shard1"]);
    expect(await from(relay, through("2001:db9::1", alice))).toBe("site");
    await scene.record(5);
    expect(scene.haproxy.records.map(({ from, verdict, user }) => [from, verdict, user].join(" ")).sort()).toEqual([
      "127.0.0.1 ok alice",
      "127.0.0.3 source -",
      "127.0.0.3 source -",
      "2001:db8:9::1 ok alice",
      "2001:db9::1 source -",
    ]);
    await scene.haproxy.reload({ ...scene.config, ...on("block", "127.0.0.2") });
    await scene.agentsAreUp();
    expect([await from("127.0.0.2"), await from("127.0.0.3")]).toEqual(["site", "shard1"]);
    expect(await held.say(Buffer.from("more"))).toBe("shard1");

    await scene.visitor({ from: "127.0.0.3" }).say(helloOf(bob));
    await scene.visitor({ from: "127.0.0.4" }).say(headerOf({ key: newKey() }));
    const home = await DaemonHome.of(scene, [[alice], [bob]]);
    const warned = (sourceListMode: "allow" | "block", ...sourceList: string[]) => {
      const before: Settings = { ...defaultSettings, routing: "edge" };
      return sourceWarnings(home.ctx, before, { ...before, sourceListMode, sourceList });
    };
    const [both = "", ...more] = await warned("allow", "127.0.0.4");
    expect(both).toMatch(/ connected now: /);
    for (const person of ["alice (127.0.0.2)", "bob (127.0.0.3)"]) expect(both).toContain(person);
    expect([more, both.includes("127.0.0.4")]).toEqual([[], false]);
    expect(await warned("block", "127.0.0.3/32")).toEqual([expect.stringMatching(/now: bob \(127\.0\.0\.3\); open/)]);
    expect(await warned("allow", "127.0.0.0/30")).toEqual([]);

    await Promise.all(scene.agents.map((agent) => agent.close()));
    await scene.agentsAreDown();
    expect([await from("127.0.0.2"), await from("127.0.0.3")]).toEqual(["site", "shard1"]);
  });
});
