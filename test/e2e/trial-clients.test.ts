import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { probeLink } from "../../src/host/link-probe.ts";
import { transports } from "../../src/protocol/transport.ts";
import { numberedKey } from "../support/domain.ts";
import { connectMtcute, mtcuteVersions } from "../support/mtcute.ts";
import { type Datacenter, startDatacenter } from "../support/telegram/datacenter.ts";
import { coverDomain, freePort, type TrialHome, withTrialHome } from "../support/trial.ts";
import { closed, connectClient } from "../support/trial-client.ts";

const alice = numberedKey(1);
const bob = numberedKey(2);
const keys = [
  { key: alice.reveal(), holder: "alice" },
  { key: bob.reveal(), holder: "bob" },
];

describe("the trial server", () => {
  let telegram: Datacenter;
  beforeAll(async () => {
    telegram = await startDatacenter();
  });
  afterAll(() => telegram.close());

  const withServer = (work: (home: TrialHome) => Promise<void>): Promise<void> =>
    withTrialHome(async (home) => {
      const datacenters = { 2: `127.0.0.1:${telegram.port}` };
      await home.up({ keys, covers: [{ domain: coverDomain, address: "127.0.0.1:1" }], datacenters });
      await work(home);
    });

  it.each(mtcuteVersions)(
    "serves mtcute %s with a padded link and with a fake-TLS link at the first attempt",
    (version) =>
      withServer(async (home) => {
        expect((await connectMtcute(version, home.url(alice, "padded"))).connections).toBe(1);
        expect((await connectMtcute(version, home.url(bob, "fake-tls"))).connections).toBe(1);
        const users = await home.engine.userStats?.();
        expect(users?.map(({ holder, connectionsSinceStart }) => [holder, connectionsSinceStart])).toEqual([
          ["alice", 1],
          ["bob", 1],
        ]);
      }),
  );

  it.each(transports)("serves a client that speaks %s, and speaks the same to Telegram", (transport) =>
    withServer(async (home) => {
      const client = await connectClient({ port: home.port, key: alice, transport });
      await client.ask();
      expect(telegram.stats.transports.at(-1)).toBe(transport);
      expect(telegram.stats.datacenters.at(-1)).toBe(2);
      client.socket.destroy();
    }),
  );

  it.each(["short", "long"] as const)("serves a fake-TLS client with a %s hello", (hello) =>
    withServer(async (home) => {
      const client = await connectClient({ port: home.port, key: alice, hello });
      await client.ask();
      expect(telegram.stats.transports.at(-1)).toBe("padded");
      client.socket.destroy();
    }),
  );

  it("closes a fake-TLS client whose inner transport is not the padded one", () =>
    withServer(async (home) => {
      const client = await connectClient({ port: home.port, key: alice, hello: "short", transport: "intermediate" });
      await closed(client.socket);
    }));

  it("leads a media datacenter to the one of the same number and closes a client that asks for an unknown one", () =>
    withServer(async (home) => {
      const media = await connectClient({ port: home.port, key: alice, datacenter: -2 });
      await media.ask();
      expect(telegram.stats.datacenters.at(-1)).toBe(-2);
      media.socket.destroy();
      for (const datacenter of [7, 0, 10_002, -32_768]) {
        const client = await connectClient({ port: home.port, key: alice, datacenter });
        await closed(client.socket);
      }
    }));

  it("is found healthy by the probe of each link, and a dead key is found dead", () =>
    withServer(async (home) => {
      for (const mode of ["plain", "padded", "fake-tls"] as const) {
        const live = await probeLink(home.link(bob, mode));
        expect(live.attempts.map(({ ok }) => ok)).not.toContain(false);
        const dead = await probeLink(home.link(numberedKey(3), mode));
        expect(dead.attempts.map(({ fault }) => fault)).not.toContain(undefined);
        expect(dead.attempts[0]?.fault).toBe("key-not-live");
      }
    }));

  it("serves nobody and says so while no datacenter is reachable, and serves as soon as one is", () =>
    withTrialHome(async (home) => {
      const port = await freePort();
      await home.up({ keys, datacenters: { 1: `127.0.0.1:${port}`, 2: `127.0.0.1:${port}`, 4: "127.0.0.1:1" } });
      expect(await home.engine.stats(1)).toMatchObject({ readyTargets: 0, declaredTargets: 2 });
      for (const mode of ["plain", "padded"] as const) {
        const { attempts } = await probeLink(home.link(alice, mode), { timeoutMs: 4_000 });
        expect(attempts.map(({ fault }) => fault)).toEqual(["upstream-not-ready"]);
      }
      const dead = await probeLink(home.link(numberedKey(3)), { timeoutMs: 4_000 });
      expect(dead.attempts.map(({ fault }) => fault)).toEqual(["key-not-live"]);
      const late = await startDatacenter({ port });
      await setTimeout(1_100);
      expect(await home.engine.stats(1)).toMatchObject({ readyTargets: 1, declaredTargets: 2 });
      const client = await connectClient({ port: home.port, key: alice });
      await client.ask();
      client.socket.destroy();
      await late.close();
    }));

  it("tells a live key from a dead one while the datacenter takes connections and is silent", () =>
    withTrialHome(async (home) => {
      const silent = await startDatacenter({ silent: true });
      await home.up({ keys, datacenters: { 2: `127.0.0.1:${silent.port}` } });
      expect(await home.engine.stats(1)).toMatchObject({ readyTargets: 0 });
      const probes = [alice, numberedKey(3)].map((key) => probeLink(home.link(key), { timeoutMs: 4_000 }));
      const faults = (await Promise.all(probes)).map(({ attempts }) => attempts[0]?.fault);
      expect(faults).toEqual(["upstream-not-ready", "key-not-live"]);
      await silent.close();
    }));

  it("tells a live fake-TLS key from a dead one while no datacenter is reachable", () =>
    withTrialHome(async (home) => {
      await home.up({
        keys,
        covers: [{ domain: coverDomain, address: "127.0.0.1:1" }],
        datacenters: { 2: "127.0.0.1:1" },
      });
      const live = await probeLink(home.link(alice, "fake-tls"), { timeoutMs: 4_000 });
      expect(live.attempts.map(({ fault }) => fault)).toEqual(["upstream-not-ready", "upstream-not-ready"]);
      const dead = await probeLink(home.link(numberedKey(3), "fake-tls"), { timeoutMs: 4_000 });
      expect(dead.attempts.map(({ fault }) => fault)).toEqual(["key-not-live", "key-not-live"]);
    }));
});
