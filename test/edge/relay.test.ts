import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { freePort } from "../../bench/free-port.ts";
import type { RelayTarget } from "../../src/domain/relay.ts";
import { renderRelay } from "../../src/render/relay.ts";
import { Visitor } from "../support/edge/peer.ts";
import { alice, bob, EdgeScene } from "../support/edge/scene.ts";
import { tempFolder } from "../support/temp-home.ts";
import { headerOf } from "../unit/edge/identify/edge-keys.ts";

/** A second HAProxy with the relay's own configuration; it reaches servers from 127.0.0.1. */
async function startRelay(targets: readonly RelayTarget[]): Promise<number> {
  const port = await freePort();
  const [config] = renderRelay({ port, targets, image: "haproxy:3.0", maxConnections: 500 });
  const path = join(await tempFolder(), "haproxy.cfg");
  await writeFile(path, String(config?.content));
  const child = spawn("haproxy", ["-db", "-f", path]);
  onTestFinished(async () => {
    const ended = new Promise((done) => child.once("exit", done));
    child.kill();
    await ended;
  });
  await expect.poll(() => new Visitor(port).say(headerOf(alice))).toBeDefined();
  return port;
}

const at = (port: number) => ({ host: "127.0.0.1", port, weight: 1 });
const proxied = (from: string, bytes: Uint8Array) =>
  Buffer.concat([Buffer.from(`PROXY TCP4 ${from} 127.0.0.1 40000 443\r\n`), bytes]);

describe("a relay", () => {
  it("passes clients on with the addresses they come from; its health checks are no connections of anybody", async () => {
    const scene = await EdgeScene.start([alice, bob], { relays: ["127.0.0.1"], maxConnectionsPerSource: 3 });
    const port = await startRelay([at(scene.port)]);
    await expect.poll(() => new Visitor(port).say(headerOf(alice))).toBe("shard1");
    const before = scene.haproxy.records.length;
    await sleep(4000);
    expect(scene.haproxy.records.slice(before).filter(({ from }) => from === "127.0.0.1")).toEqual([]);
    const clients = Array.from({ length: 6 }, (_, index) => new Visitor(port, { from: `127.0.0.${20 + index}` }));
    expect(await Promise.all(clients.map((client) => client.say(headerOf(alice))))).toEqual(
      clients.map(() => "shard1"),
    );
    const many = Array.from({ length: 4 }, () => new Visitor(port, { from: "127.0.0.50" }));
    const answers = await Promise.all(many.map((client) => client.say(headerOf(alice))));
    expect(answers.sort()).toEqual(["closed", "shard1", "shard1", "shard1"]);
    await Promise.all(clients.map((client) => client.close()));
    const seen = () => scene.haproxy.records.map(({ from }) => from);
    await expect.poll(seen).toEqual(expect.arrayContaining(["127.0.0.20", "127.0.0.25"]));
  });

  it("goes on with the servers that are there", async () => {
    const scene = await EdgeScene.start([alice, bob], { relays: ["127.0.0.1"] });
    const port = await startRelay([at(await freePort()), at(scene.port)]);
    await expect
      .poll(async () => {
        const from = Array.from({ length: 8 }, (_, index) => `127.0.0.${20 + index}`);
        return Promise.all(from.map((address) => new Visitor(port, { from: address }).say(headerOf(alice))));
      })
      .toEqual(Array.from({ length: 8 }, () => "shard1"));
  });

  it("is believed only where it is listed: whoever else sends PROXY headers is a stranger at its own address", async () => {
    const scene = await EdgeScene.start([alice, bob], { relays: ["127.0.0.9"] });
    expect(await scene.whoAnswers(proxied("192.0.2.1", headerOf(alice)), { from: "127.0.0.9" })).toBe("shard1");
    expect(await scene.whoAnswers(proxied("192.0.2.1", headerOf(alice)), { from: "127.0.0.8" })).toBe("site");
    await scene.record(2);
    expect(scene.haproxy.records.map(({ from, verdict }) => [from, verdict])).toEqual([
      ["192.0.2.1", "ok"],
      ["127.0.0.8", "stranger"],
    ]);
  });
});
