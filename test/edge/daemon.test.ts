import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { DaemonHome } from "../support/edge/daemon-home.ts";
import type { Visitor } from "../support/edge/peer.ts";
import { alice, bob, EdgeScene } from "../support/edge/scene.ts";
import { headerOf, helloOf, padded } from "../unit/edge/identify/edge-keys.ts";

const carol = padded("carol");

describe("the daemon", () => {
  it("sums exactly what went through, over a reload, an agent's end and its own", async () => {
    const scene = await EdgeScene.start([alice, bob]);
    const home = await DaemonHome.of(scene, [[alice], [bob]]);
    const visitors = { alice: [] as Visitor[], bob: [] as Visitor[] };
    const come = async (count: number) => {
      for (let index = 0; index < count; index += 1) {
        for (const [name, first] of [
          ["alice", headerOf(alice)],
          ["bob", helloOf(bob)],
        ] as const) {
          const visitor = scene.visitor();
          visitors[name].push(visitor);
          await visitor.say(first);
          visitor.socket.write(randomBytes(100 * (index + 1)));
        }
      }
    };
    const leave = async (count: number) => {
      await sleep(100);
      for (const all of Object.values(visitors))
        await Promise.all(
          all
            .filter(({ isClosed }) => !isClosed)
            .slice(0, count)
            .map((visitor) => visitor.close()),
        );
    };
    const stop = await home.start();
    await come(6);
    await leave(2);
    await vi.waitUntil(() => scene.haproxy.records.length >= 4);
    await stop();
    await leave(1);
    await scene.runtime.reload();
    await scene.agentsAreUp();
    await scene.agents[0]?.close();
    await come(5);
    const stopAgain = await home.start();
    await leave(3);
    await scene.runtime.reload();
    await come(2);
    await leave(100);
    await vi.waitUntil(() => scene.haproxy.records.length >= 26, { timeout: 5000 });
    await sleep(300);
    await stopAgain();
    for (const [name, all] of Object.entries(visitors)) {
      const sum = (count: (visitor: Visitor) => number) => all.reduce((total, visitor) => total + count(visitor), 0);
      expect(await home.total(name), name).toEqual([
        sum(({ socket }) => socket.bytesWritten),
        sum(({ socket }) => socket.bytesRead),
        13,
      ]);
    }
    await (await home.start())();
    expect((await home.total("alice"))?.[2]).toBe(13);
  });

  it("ends a person's connections within a second of their expiry, in old workers too, and nobody else's", async () => {
    const scene = await EdgeScene.start([alice, bob]);
    const home = await DaemonHome.of(scene, [[alice], [bob]]);
    const stop = await home.start();
    const before = scene.visitor();
    await before.say(headerOf(alice));
    await scene.runtime.reload();
    await scene.agentsAreUp();
    const [after, other] = [scene.visitor(), scene.visitor()];
    expect([await after.say(headerOf(alice)), await other.say(helloOf(bob))]).toEqual(["shard1", "shard2"]);
    const end = Date.now() + 2500;
    await home.write([[alice, { mtproxy_expires_at: new Date(end).toISOString() }], [bob]]);
    await vi.waitUntil(() => before.isClosed && after.isClosed, { timeout: 8000, interval: 5 });
    expect(Date.now()).toBeGreaterThanOrEqual(end);
    expect(Date.now() - end).toBeLessThan(1000);
    expect(await scene.whoAnswers(headerOf(alice))).toBe("site");
    await expect.poll(() => scene.haproxy.records.at(-1)).toMatchObject({ user: "alice", why: "expired" });
    expect(await other.say(Buffer.from("more"))).toBe("shard2");
    // A restart is no change, and nothing to write down.
    await stop();
    await home.start();
    await home.write([[alice], [bob]]);
    await expect.poll(() => scene.whoAnswers(headerOf(alice))).toBe("shard1");
    await expect.poll(() => home.changes()).toEqual(["daemon: refuse alice", "daemon: let in again alice"]);
  });

  it("stops somebody within ten seconds of the end of their quota, after a warning, until it is raised", async () => {
    const scene = await EdgeScene.start([alice, bob]);
    const quota = (bytes: number) => ({ mtproxy_limits: { quota_bytes: bytes } });
    const home = await DaemonHome.of(scene, [
      [alice, quota(200_000)],
      [bob, quota(1_000_000)],
    ]);
    await home.start();
    const [visitor, other] = [scene.visitor(), scene.visitor()];
    await Promise.all([visitor.say(headerOf(alice)), other.say(helloOf(bob))]);
    visitor.socket.write(randomBytes(170_000));
    await expect.poll(() => home.said.join("\n")).toMatch(/alice has used 8\d % of the quota/);
    expect(visitor.isClosed).toBe(false);
    visitor.socket.write(randomBytes(40_000));
    const crossed = Date.now();
    await vi.waitUntil(() => visitor.isClosed, { timeout: 15_000, interval: 10 });
    expect(Date.now() - crossed).toBeLessThan(10_000);
    expect(await scene.whoAnswers(headerOf(alice))).toBe("site");
    await expect
      .poll(() => scene.haproxy.records.at(-1))
      .toMatchObject({ user: "alice", why: "over-quota", verdict: "stranger" });
    expect(await other.say(Buffer.from("more"))).toBe("shard2");
    expect(await home.refusals()).toEqual({ alice: "over-quota" });
    await home.write([[alice, quota(400_000)], [bob]]);
    await expect.poll(() => scene.whoAnswers(headerOf(alice))).toBe("shard1");
  });

  it("lets another address in when one was not seen for long", async () => {
    const limited = { ...carol, maxAddresses: 1 };
    const scene = await EdgeScene.start([limited], { addressWindow: 2 });
    const home = await DaemonHome.of(scene, [[carol]]);
    const from = (address: string) => scene.whoAnswers(headerOf(limited), { from: address });
    expect(await from("127.0.0.2")).toBe("shard1");
    expect(await from("127.0.0.3")).toBe("site");
    await sleep(3000);
    expect(await from("127.0.0.3")).toBe("site");
    await home.start();
    await expect.poll(() => from("127.0.0.3")).toBe("shard1");
    expect(await from("127.0.0.4")).toBe("site");
  });

  it("loses at most ten seconds when HAProxy is killed, and books the rest once", async () => {
    const scene = await EdgeScene.start([alice, bob]);
    const home = await DaemonHome.of(scene, [[alice], [bob]]);
    const stop = await home.start();
    const visitor = scene.visitor();
    await visitor.say(headerOf(alice));
    visitor.socket.write(randomBytes(50_000));
    const { bytesWritten, bytesRead } = await vi.waitUntil(
      async () => {
        const open = (await scene.runtime.counts()).find(({ name }) => name === "alice");
        return open?.bytesIn === visitor.socket.bytesWritten && open.bytesOut > 0 ? visitor.socket : undefined;
      },
      { timeout: 10_000, interval: 100 },
    );
    await sleep(2500);
    const sent = [bytesWritten, bytesRead];
    await scene.haproxy.restartKilled();
    await scene.agentsAreUp();
    await expect.poll(() => home.total("alice"), { timeout: 40_000, interval: 500 }).toEqual([...sent, 0]);
    await stop();
    await (await home.start())();
    expect(await home.total("alice")).toEqual([...sent, 0]);
  });

  it("is one at a time", async () => {
    const scene = await EdgeScene.start([alice]);
    const home = await DaemonHome.of(scene, [[alice]]);
    const stop = await home.start();
    await expect(home.start()).rejects.toMatchObject({ kind: "conflict", message: expect.stringContaining("daemon") });
    await stop();
  });
});
