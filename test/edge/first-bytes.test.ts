import { describe, expect, it } from "vitest";
import { RANDOM_AT } from "../../src/protocol/client-hello.ts";
import { firstBytes, inPieces } from "../support/edge/first-bytes.ts";
import { alice, bob, EdgeScene } from "../support/edge/scene.ts";
import { headerOf, helloOf } from "../unit/edge/identify/edge-keys.ts";

/** The same people and peers, without the shard for headers. */
function withHellosOnly({ peers, config }: EdgeScene): Promise<EdgeScene> {
  const shards = config.shards.filter(({ kind }) => kind === "fake-tls");
  return EdgeScene.start([bob], { shards, site: { kind: "server", address: "127.0.0.1", port: peers.site.port } });
}

describe("HAProxy with our agents", () => {
  it("takes each first bytes where they belong, however they are cut, and says why in its record", async () => {
    const both = await EdgeScene.start([alice, bob]);
    const scenes = { both, hellosOnly: await withHellosOnly(both) };
    for (const [kind, scene] of Object.entries(scenes) as ["both" | "hellosOnly", EdgeScene][]) {
      const clients = firstBytes(alice, bob).map((client, index) => ({ ...client, from: `127.0.7.${index + 1}` }));
      const answers = await Promise.all(
        clients.map((client) => inPieces(scene.visitor({ from: client.from }), client)),
      );
      await scene.record(clients.length);
      const recorded = new Map(scene.haproxy.records.map((record) => [record.from, record]));
      const seen = clients.map(({ name, from }, index) => {
        const { user, why, verdict } = recorded.get(from) ?? {};
        return [name, answers[index], user, why, verdict];
      });
      expect(seen, kind).toEqual(clients.map((client) => [client.name, ...client[kind]]));
    }
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

  it("knows a hello again through the other agent where only fake-TLS is served", async () => {
    const scene = await withHellosOnly(await EdgeScene.start([alice, bob]));
    const hello = helloOf(bob);
    expect(await scene.whoAnswers(hello)).toBe("shard2");
    await scene.agents[0]?.close();
    expect(await scene.whoAnswers(hello)).toBe("site");
    await scene.record(2);
    expect(scene.haproxy.records.map(({ user, why, verdict }) => [user, why, verdict])).toEqual([
      ["bob", "ok", "ok"],
      ["bob", "ok", "replayed"],
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
