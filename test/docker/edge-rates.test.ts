import { tmpdir } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { limitsRates } from "../../src/domain/haproxy-version.ts";
import { haproxyImage, haproxyVersions, testLabel } from "../support/docker-image.ts";
import { MassPeer, MassVisitor } from "../support/edge/mass.ts";
import { alice, EdgeScene } from "../support/edge/scene.ts";
import { headerOf, padded } from "../unit/edge/identify/edge-keys.ts";

/** Bytes a second. */
const RATE = 1_000_000;
/** What the sockets of a connection hold before a rate shows. */
const SETTLE_MS = 1500;
const MEASURE_MS = 2000;

/** Words that start HAProxy in a container, with the host's network and folders. */
async function inContainer(version: string): Promise<string[]> {
  const folders = ["-v", `${tmpdir()}:${tmpdir()}`];
  return ["docker", "run", "--rm", "--label", testLabel, "--network", "host", ...folders, await haproxyImage(version)];
}

describe.each(haproxyVersions.filter(limitsRates))("with HAProxy %s", (version) => {
  it("a person gets their rate over one connection and over several, both ways, and slows nobody else", async () => {
    const one = { ...alice, rate: RATE };
    const several = padded("carol", { shardId: 2, rate: RATE });
    const other = padded("dave", { shardId: 3 });
    const peers = { one: await MassPeer.start(), free: await MassPeer.start(), several: await MassPeer.start() };
    const shards = [peers.one, peers.several, peers.free].map(({ port }, index) => {
      return { id: index + 1, kind: "obfuscated" as const, address: "127.0.0.1", port };
    });
    const keys = [one, several, other];
    const scene = await EdgeScene.start(keys, { shards, rates: [RATE] }, await inContainer(version));
    const visitors = {
      one: new MassVisitor(scene.port, [headerOf(one)]),
      several: new MassVisitor(
        scene.port,
        [1, 2, 3, 4].map(() => headerOf(several)),
      ),
    };
    const counts = () => (["one", "several"] as const).flatMap((who) => [visitors[who].received, peers[who].received]);
    await sleep(SETTLE_MS);
    const [before, since] = [counts(), performance.now()];
    await sleep(MEASURE_MS);
    const seconds = (performance.now() - since) / 1000;
    const shares = counts().map((count, index) => (count - (before[index] ?? 0)) / seconds / RATE);
    for (const share of shares) {
      expect(share, String(shares)).toBeGreaterThan(0.5);
      expect(share, String(shares)).toBeLessThan(2);
    }
    const started = performance.now();
    const free = new MassVisitor(scene.port, [headerOf(other)]);
    await expect.poll(() => free.received, { timeout: 5000, interval: 5 }).toBeGreaterThan(20 * RATE);
    const theirs = free.received / ((performance.now() - started) / 1000);
    expect(theirs / RATE, String(shares)).toBeGreaterThan(5);
  });
});
