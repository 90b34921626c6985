import { describe, expect, it } from "vitest";
import { alice, bob, EdgeScene } from "../support/edge/scene.ts";
import { headerOf, helloOf, padded } from "../unit/edge/identify/edge-keys.ts";

const carol = padded("carol", { shardId: 3 });

describe("with both agents gone", () => {
  it("an address goes to the shard where it was last identified, everybody else by the kind of link", async () => {
    const scene = await EdgeScene.start([alice, bob]);
    const third = { id: 3, kind: "obfuscated" as const, address: "127.0.0.1", port: scene.peers.site.port };
    await scene.haproxy.reload({
      ...scene.config,
      shards: [...scene.config.shards, third],
      servers: [...scene.config.servers, { name: "carol", shardId: 3 }],
    });
    await scene.agentsAreUp();
    await scene.writeKeys([alice, bob, carol]);
    const from = { from: "127.0.0.7" };
    const verdict = async () => {
      await scene.whoAnswers(headerOf(carol), from);
      return scene.haproxy.records.at(-1)?.verdict;
    };
    await expect.poll(verdict).toBe("ok");
    expect(await scene.haproxy.ask("show table table_sources")).toContain("gpt0=3");
    for (const agent of scene.agents) await agent.close();
    await scene.agentsAreDown();
    expect(await scene.whoAnswers(headerOf(carol), from)).toBe("site");
    expect(await scene.whoAnswers(headerOf(alice))).toBe("shard1");
    expect(await scene.whoAnswers(helloOf(bob))).toBe("shard2");
    const opened = () => scene.haproxy.records.slice(-3).map(({ verdict, server }) => [verdict, server]);
    await expect.poll(opened).toEqual([
      ["open", "shard3/now"],
      ["open", "shard1/now"],
      ["open", "shard2/now"],
    ]);
    await scene.startAgent(1);
    await expect
      .poll(async () => {
        await scene.whoAnswers(headerOf(alice));
        return scene.haproxy.records.at(-1)?.verdict;
      })
      .toBe("ok");
  });

  it("one is enough, and nobody notices", async () => {
    const scene = await EdgeScene.start([alice, bob]);
    await scene.agents[0]?.close();
    const answers = await Promise.all(Array.from({ length: 20 }, () => scene.whoAnswers(headerOf(alice))));
    expect(new Set(answers)).toEqual(new Set(["shard1"]));
    await scene.record(20);
    expect(new Set(scene.haproxy.records.map(({ verdict }) => verdict))).toEqual(new Set(["ok"]));
  });
});
