import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { askHaproxy } from "../../src/edge/runtime/ask.ts";
import { alice, bob, EdgeScene } from "../support/edge/scene.ts";
import { tempFolder } from "../support/temp-home.ts";
import { headerOf, helloOf, padded } from "../unit/edge/identify/edge-keys.ts";

const carol = padded("carol");

describe("HAProxy's sockets", () => {
  it("add, move and remove a person's server, and everybody else's connections stay", async () => {
    const scene = await EdgeScene.start([alice, bob]);
    const { runtime } = scene;
    const held = scene.visitor();
    expect(await held.say(headerOf(alice))).toBe("shard1");
    const at = (port: number) => ({ name: "carol", address: "127.0.0.1", port });
    const wanted = (await runtime.servers()).filter(({ name }) => name !== "nobody");
    expect(wanted.map(({ name }) => name)).toEqual(["alice", "bob"]);
    expect(await runtime.syncServers([...wanted, at(scene.peers.shard1.port)])).toEqual({
      added: ["carol"],
      moved: [],
      removed: [],
    });
    await expect(runtime.addServer(at(1))).rejects.toMatchObject({ kind: "conflict" });
    await scene.writeKeys([alice, bob, carol]);
    await expect.poll(() => scene.whoAnswers(headerOf(carol))).toBe("shard1");
    const former = scene.visitor();
    expect(await former.say(headerOf(carol))).toBe("shard1");
    await runtime.moveServer(at(scene.peers.site.port));
    expect(await scene.whoAnswers(headerOf(carol))).toBe("site");
    expect(await former.say(Buffer.from("more"))).toBe("shard1");
    expect((await runtime.counts()).find(({ name }) => name === "carol")).toMatchObject({ open: 1, total: 3 });
    expect((await runtime.syncServers(wanted)).removed).toEqual(["carol"]);
    expect(former.isClosed).toBe(true);
    expect(await held.say(Buffer.from("more"))).toBe("shard1");
    await runtime.removeServer("carol");
    expect((await runtime.servers()).map(({ name }) => name)).toEqual(["nobody", "alice", "bob"]);
  });

  it("close exactly one person's connections within a second, those in old workers too", async () => {
    const scene = await EdgeScene.start([alice, bob]);
    const { runtime } = scene;
    const hold = async (count: number, bytes: () => Uint8Array) => {
      const visitors = Array.from({ length: count }, () => scene.visitor());
      await Promise.all(visitors.map((visitor) => visitor.say(bytes())));
      return visitors;
    };
    const before = { alice: await hold(5, () => headerOf(alice)), bob: await hold(20, () => helloOf(bob)) };
    await runtime.reload();
    await scene.agentsAreUp();
    expect((await runtime.processes()).oldWorkers).toHaveLength(1);
    const after = { alice: await hold(5, () => headerOf(alice)), bob: await hold(20, () => helloOf(bob)) };
    const started = performance.now();
    const closing = runtime.closeSessions("alice");
    const theirs = [...before.alice, ...after.alice];
    await expect.poll(() => theirs.every(({ isClosed }) => isClosed), { interval: 5 }).toBe(true);
    expect(performance.now() - started).toBeLessThan(1000);
    await closing;
    const others = await Promise.all([...before.bob, ...after.bob].map((visitor) => visitor.say(Buffer.from("more"))));
    expect(new Set(others)).toEqual(new Set(["shard2"]));
    await runtime.closeSessions("nobody-of-this-name");
  });

  it("set a counter of a table, and say in HAProxy's words what cannot be", async () => {
    const scene = await EdgeScene.start([alice]);
    const { runtime } = scene;
    expect(await runtime.table("table_users", "alice")).toEqual([]);
    await scene.whoAnswers(headerOf(alice));
    await runtime.setTableValue("table_users", "alice", "gpc1", 7);
    expect(await runtime.table("table_users")).toMatchObject([{ key: "alice", fields: { gpc1: "7" } }]);
    await expect(runtime.table("nowhere")).rejects.toThrow("No such table");
    await expect(runtime.setTableValue("table_users", "alice", "nothing", 7)).rejects.toMatchObject({ kind: "engine" });
    const info = await runtime.info();
    expect(info.version).toMatch(/^\d+\.\d+/);
    expect((await runtime.processes()).worker).toBe(info.pid);
    expect((await runtime.sessions()).every(({ pointer }) => pointer.startsWith("0x"))).toBe(true);
  });

  it("that nobody answers at are given up", async () => {
    const path = join(await tempFolder(), "silent.sock");
    const server = createServer(() => {}).listen(path);
    onTestFinished(() => void server.close());
    await expect(askHaproxy(path, "show info", 100)).rejects.toThrow("nothing within 100 ms");
  });
});
