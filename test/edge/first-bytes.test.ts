import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { RANDOM_AT } from "../../src/protocol/client-hello.ts";
import { alice, bob, EdgeScene } from "../support/edge/scene.ts";
import { headerOf, helloOf, newKey } from "../unit/edge/identify/edge-keys.ts";

const now = () => Math.floor(Date.now() / 1000);

describe("HAProxy with our agents", () => {
  it("takes each first bytes where they belong, and says why in its record", async () => {
    const scene = await EdgeScene.start([alice, bob]);
    let count = 0;
    const goes = async (bytes: Uint8Array) => {
      const answer = await scene.whoAnswers(bytes);
      count += 1;
      const { user, why, verdict } = await scene.record(count);
      return [answer, user, why, verdict];
    };
    expect(await goes(headerOf(alice))).toEqual(["shard1", "alice", "ok", "ok"]);
    expect(await goes(Buffer.concat([headerOf(alice), randomBytes(300)]))).toEqual(["shard1", "alice", "ok", "ok"]);
    expect(await goes(helloOf(bob, { size: "short" }))).toEqual(["shard2", "bob", "ok", "ok"]);
    expect(await goes(helloOf(bob))).toEqual(["shard2", "bob", "ok", "ok"]);
    expect(await goes(headerOf({ key: newKey() }))).toEqual(["site", "-", "unknown", "stranger"]);
    expect(await goes(helloOf({ key: newKey() }))).toEqual(["site", "-", "tls-unknown", "stranger"]);
    expect(await goes(helloOf(bob, { domain: "nowhere.example" }))).toEqual(["site", "-", "unlisted-sni", "stranger"]);
    expect(await goes(helloOf(bob, { unixTime: now() - 3600 }))).toEqual(["site", "bob", "clock-skew", "stranger"]);
    expect(await goes(headerOf(bob))).toEqual(["site", "bob", "wrong-mode", "stranger"]);
    expect(await goes(Buffer.from("GET / HTTP/1.1\r\n\r\n"))).toEqual(["site", "-", "-", "stranger"]);
  });

  it("waits for the rest of a client's first bytes, however they are cut", async () => {
    const scene = await EdgeScene.start([alice, bob]);
    const inPieces = async (bytes: Uint8Array, sizes: readonly number[], pauseMs: number) => {
      const visitor = scene.visitor();
      let at = 0;
      for (const size of sizes) {
        visitor.socket.write(bytes.subarray(at, at + size));
        at += size;
        await sleep(pauseMs);
      }
      visitor.socket.write(bytes.subarray(at));
      return visitor.answer();
    };
    const ones = (count: number) => Array.from({ length: count }, () => 1);
    expect(
      await Promise.all([
        inPieces(headerOf(alice), ones(63), 5),
        inPieces(helloOf(bob, { size: "short" }), ones(300), 1),
        inPieces(helloOf(bob, { size: "short" }), [200], 300),
        inPieces(helloOf(bob), [1], 100),
        inPieces(helloOf(bob), [1400], 100),
      ]),
    ).toEqual(["shard1", "shard2", "shard2", "shard2", "shard2"]);
  });

  it("knows a hello again, with another time in it, after a reload, and through the other agent", async () => {
    const scene = await EdgeScene.start([alice, bob]);
    const hello = Buffer.from(helloOf(bob));
    const later = Buffer.from(hello);
    later[RANDOM_AT + 28] = (later[RANDOM_AT + 28] ?? 0) ^ 1;
    expect(await scene.whoAnswers(hello)).toBe("shard2");
    expect(await scene.whoAnswers(hello)).toBe("site");
    expect(await scene.whoAnswers(later)).toBe("site");
    await scene.haproxy.reload(scene.config);
    await scene.agentsAreUp();
    await expect.poll(() => scene.haproxy.ask("show table table_hellos")).toContain("used:1");
    expect(await scene.whoAnswers(hello)).toBe("site");
    await scene.agents[0]?.close();
    expect(await scene.whoAnswers(hello)).toBe("site");
    expect(await scene.whoAnswers(helloOf(bob))).toBe("shard2");
    await scene.record(6);
    expect(scene.haproxy.records.map(({ verdict }) => verdict)).toEqual([
      "ok",
      "replayed",
      "replayed",
      "replayed",
      "replayed",
      "ok",
    ]);
  });

  it("sees IPv4 and IPv6 clients with their own address", async () => {
    const scene = await EdgeScene.start([alice, bob]);
    await scene.whoAnswers(headerOf(alice), { from: "127.0.0.9" });
    await scene.whoAnswers(headerOf(alice), { host: "::1" });
    await scene.record(2);
    expect(scene.haproxy.records.map(({ from }) => from)).toEqual(["127.0.0.9", "::1"]);
  });
});
