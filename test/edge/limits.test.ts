import { describe, expect, it } from "vitest";
import { alice, bob, EdgeScene } from "../support/edge/scene.ts";
import { headerOf } from "../unit/edge/identify/edge-keys.ts";

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

  it("of addresses lets exactly so many in, each as often as it likes", async () => {
    const scene = await EdgeScene.start([limited, bob]);
    const from = (address: string) => scene.whoAnswers(headerOf(alice), { from: address });
    const crowd = await Promise.all(Array.from({ length: 3 }, () => from("127.0.0.2")));
    expect(crowd).toEqual(["shard1", "shard1", "shard1"]);
    expect(await from("127.0.0.3")).toBe("shard1");
    expect(await from("127.0.0.4")).toBe("site");
    expect(await from("127.0.0.2")).toBe("shard1");
    expect((await scene.record(5)).verdict).toBe("addresses");
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
});
