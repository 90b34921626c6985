import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectMtcute, mtcuteVersions } from "../support/mtcute.ts";
import { numberedKey } from "../support/domain.ts";
import { type Datacenter, startDatacenter } from "../support/telegram/datacenter.ts";
import { coverDomain, withTrialHome } from "../support/trial.ts";

const alice = numberedKey(1);
const bob = numberedKey(2);
const keys = [
  { key: alice.reveal(), holder: "alice" },
  { key: bob.reveal(), holder: "bob" },
];

describe("the trial server serves a real Telegram client", () => {
  let telegram: Datacenter;
  beforeAll(async () => {
    telegram = await startDatacenter();
  });
  afterAll(() => telegram.close());

  it.each(mtcuteVersions)("mtcute %s with a padded link and with a fake-TLS link", async (version) => {
    await withTrialHome(async (home) => {
      const datacenters = { 2: `127.0.0.1:${telegram.port}` };
      await home.up({ keys, covers: [{ domain: coverDomain }], datacenters });
      expect((await connectMtcute(version, home.url(alice, "padded"))).connections).toBe(1);
      expect((await connectMtcute(version, home.url(bob, "fake-tls"))).connections).toBe(1);
      const users = await home.engine.userStats?.();
      expect(users?.map(({ holder, connectionsSinceStart }) => [holder, connectionsSinceStart])).toEqual([["alice", 1], ["bob", 1]]);
    });
  });
});
