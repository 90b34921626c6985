import { spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { freePort } from "../../bench/free-port.ts";
import type { RelayTarget } from "../../src/domain/relay.ts";
import { askHaproxy } from "../../src/edge/runtime/ask.ts";
import { parseStat, statCommand } from "../../src/edge/runtime/stat.ts";
import { relayFiles, renderRelay } from "../../src/render/relay.ts";
import { haproxyProgram } from "../support/edge/haproxy.ts";
import { NamedPeer, Visitor } from "../support/edge/peer.ts";
import { alice, bob, EdgeScene } from "../support/edge/scene.ts";
import { tempFolder } from "../support/temp-home.ts";
import { headerOf, newKey } from "../unit/edge/identify/edge-keys.ts";

interface StartedRelay {
  readonly ports: readonly number[];
  /** Its servers as HAProxy has them, in their order. */
  states(): Promise<string[]>;
}

/** A second HAProxy with the relay's own configuration; it reaches servers from 127.0.0.1. */
async function startRelay(
  targets: readonly RelayTarget[],
  { ports }: { ports?: number[] } = {},
): Promise<StartedRelay> {
  const own = ports ?? [await freePort()];
  const folder = await tempFolder();
  const files = renderRelay({ ports: own, targets, image: "haproxy:3.0", maxConnections: 500 }, { run: folder });
  for (const { path, content } of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  const child = spawn(haproxyProgram, ["-db", "-f", join(folder, relayFiles.config)]);
  onTestFinished(async () => {
    const ended = new Promise((done) => child.once("exit", done));
    child.kill();
    await ended;
  });
  const command = statCommand("servers");
  const states = async () =>
    parseStat(await askHaproxy(join(folder, "haproxy.sock"), command), command).map(({ status }) => status);
  await expect.poll(() => states().catch(() => [])).toHaveLength(targets.length);
  return { ports: own, states };
}

const at = (port: number, weight = 1) => ({ host: "127.0.0.1", port, weight });
const port = ({ ports: [first = 0] }: StartedRelay) => first;

async function saysVia(relay: StartedRelay, options: { from?: string; host?: string }, bytes: Uint8Array) {
  const visitor = new Visitor(port(relay), options);
  const answer = await visitor.say(bytes);
  await visitor.close();
  return answer;
}

const SIGNATURE = Buffer.from("0d0a0d0a000d0a515549540a", "hex");

/** PROXY protocol version 1 and 2, for a client of IPv4. */
const proxied = (from: string, bytes: Uint8Array) =>
  Buffer.concat([Buffer.from(`PROXY TCP4 ${from} 127.0.0.1 40000 443\r\n`), bytes]);
const proxied2 = (from: string, bytes: Uint8Array) =>
  Buffer.concat([
    SIGNATURE,
    Buffer.from([0x21, 0x11, 0, 12, ...from.split(".").map(Number), 127, 0, 0, 1, 0x9c, 0x40, 0x01, 0xbb]),
    bytes,
  ]);

describe("a relay", () => {
  it("passes clients on with the addresses they come from, on each port; its health checks are no connections of anybody", async () => {
    const scene = await EdgeScene.start([alice, bob], { relays: ["127.0.0.1"], maxConnectionsPerSource: 3 });
    const relay = await startRelay([at(scene.port)], { ports: [await freePort(), await freePort()] });
    await expect.poll(() => saysVia(relay, { from: "127.0.0.2" }, headerOf(alice))).toBe("shard1");
    await sleep(4000);
    expect(scene.haproxy.records.filter(({ from }) => from === "127.0.0.1")).toEqual([]);
    const [first = 0, second = 0] = relay.ports;
    const clients = [
      ...Array.from({ length: 6 }, (_, index) => new Visitor(first, { from: `127.0.0.${20 + index}` })),
      new Visitor(second, { from: "127.0.0.26" }),
      new Visitor(second, { host: "::1" }),
    ];
    expect(await Promise.all(clients.map((client) => client.say(headerOf(alice))))).toEqual(
      clients.map(() => "shard1"),
    );
    const many = Array.from({ length: 4 }, () => new Visitor(first, { from: "127.0.0.50" }));
    const answers = await Promise.all(many.map((client) => client.say(headerOf(alice))));
    expect(answers.sort()).toEqual(["closed", "shard1", "shard1", "shard1"]);
    await Promise.all(clients.map((client) => client.close()));
    const seen = () => scene.haproxy.records.map(({ from }) => from);
    await expect.poll(seen).toEqual(expect.arrayContaining(["127.0.0.20", "127.0.0.25", "127.0.0.26", "::1"]));
    expect(seen()).not.toContain("127.0.0.1");
  });

  it("lets a stranger be seen, and banned, where it comes from and not at the relay's address", async () => {
    const scene = await EdgeScene.start([alice, bob], { relays: ["127.0.0.1"] });
    const relay = await startRelay([at(scene.port)]);
    expect(await saysVia(relay, { from: "127.0.0.66" }, headerOf({ key: newKey() }))).toBe("site");
    expect(await scene.record(1)).toMatchObject({ from: "127.0.0.66", verdict: "stranger", why: "unknown" });
  });

  it("goes on with the servers that are there, and comes back to one that is again", async () => {
    const gone = await freePort();
    const scene = await EdgeScene.start([alice, bob], { relays: ["127.0.0.1"] });
    const relay = await startRelay([at(gone), at(scene.port)]);
    const everybody = () =>
      Promise.all(
        Array.from({ length: 8 }, (_, index) => saysVia(relay, { from: `127.0.0.${20 + index}` }, headerOf(alice))),
      );
    await expect.poll(everybody, { timeout: 10_000 }).toEqual(Array.from({ length: 8 }, () => "shard1"));
    await expect.poll(relay.states, { timeout: 10_000 }).toEqual(["DOWN", "UP"]);
    await NamedPeer.start("other", { host: "127.0.0.1", port: gone });
    await expect.poll(relay.states, { timeout: 10_000 }).toEqual(["UP", "UP"]);
    expect(new Set(await everybody())).toEqual(new Set(["other", "shard1"]));
  });

  it("gives a server of three times the weight about three times the clients, each client the same one each time", async () => {
    const [light, heavy] = [await NamedPeer.start("light"), await NamedPeer.start("heavy")];
    const relay = await startRelay([at(light.port), at(heavy.port, 3)]);
    const from = Array.from({ length: 120 }, (_, index) => `127.0.1.${index + 1}`);
    const visit = () => Promise.all(from.map((address) => saysVia(relay, { from: address }, Buffer.from("x"))));
    const first = await visit();
    expect(await visit()).toEqual(first);
    const part = first.filter((name) => name === "heavy").length / first.length;
    expect(part).toBeGreaterThan(0.55);
    expect(part).toBeLessThan(0.95);
  });

  it.each([
    ["1", proxied],
    ["2", proxied2],
  ])(
    "is believed only where it is listed: whoever else sends PROXY headers of version %s is a stranger at its own address",
    async (_, header) => {
      const scene = await EdgeScene.start([alice, bob], { relays: ["127.0.0.9"] });
      expect(await scene.whoAnswers(header("192.0.2.1", headerOf(alice)), { from: "127.0.0.9" })).toBe("shard1");
      expect(await scene.whoAnswers(header("192.0.2.1", headerOf(alice)), { from: "127.0.0.8" })).toBe("site");
      await scene.record(2);
      expect(scene.haproxy.records.map(({ from, verdict, why }) => [from, verdict, why])).toEqual([
        ["192.0.2.1", "ok", "ok"],
        ["127.0.0.8", "stranger", "not-mtproto"],
      ]);
    },
  );
});
