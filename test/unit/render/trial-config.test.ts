import { describe, expect, it } from "vitest";
import type { Deployment } from "../../../src/domain/deployment.ts";
import { AppError } from "../../../src/domain/errors.ts";
import { defaultSettings } from "../../../src/domain/settings.ts";
import { parseTrialConfig } from "../../../src/engine/trial/config.ts";
import { renderTrialConfig, trialConfigDigest } from "../../../src/render/trial-config.ts";
import { numberedKey } from "../../support/domain.ts";

const deployment: Deployment = {
  settings: { ...defaultSettings, engine: "trial", publicHost: "proxy.example" },
  engineRecord: {},
  shards: [
    {
      shard: {
        id: 1,
        family: "any",
        port: 8443,
        slots: [],
        coverDomains: ["a.example", "b.example"],
        pinned: { "a.example": "192.0.2.1" },
      },
      liveKeys: [{ key: numberedKey(1), holder: "alice" }, { key: numberedKey(2) }],
    },
  ],
  containerUser: { uid: 0, gid: 0 },
};

const [only] = deployment.shards;
if (only === undefined) throw new Error("one shard is expected");
const changed = (change: object): Deployment => ({ ...deployment, ...change });

describe("renderTrialConfig", () => {
  it("writes one file that only its owner reads, with what the server needs", () => {
    const file = renderTrialConfig(deployment);
    expect(file).toMatchObject({ path: "trial.json", mode: 0o600, forContainer: false });
    const { about, configDigest, ...rest } = JSON.parse(String(file.content));
    expect(about).toMatch(/change it with mtproxy commands/);
    expect(configDigest).toBe(trialConfigDigest(deployment));
    expect(rest).toEqual({
      shardId: 1,
      port: 8443,
      publicHost: "proxy.example",
      keys: [{ key: numberedKey(1).reveal(), holder: "alice" }, { key: numberedKey(2).reveal() }],
      covers: [{ domain: "a.example", address: "192.0.2.1:443" }, { domain: "b.example" }],
      limits: { maxConnections: 8000 },
    });
  });

  it("is read by the server", () => {
    const config = parseTrialConfig(String(renderTrialConfig(deployment).content));
    expect(config).toMatchObject({ configDigest: trialConfigDigest(deployment), port: 8443, shardId: 1 });
    expect(config.keys.map(({ holder }) => holder)).toEqual(["alice", undefined]);
  });

  it("hands the settings' datacenters on", () => {
    const trialDatacenters = { 2: "127.0.0.1:1000" };
    const { content } = renderTrialConfig(changed({ settings: { ...deployment.settings, trialDatacenters } }));
    expect(parseTrialConfig(String(content)).datacenters.find(-2)).toEqual({ host: "127.0.0.1", port: 1000 });
  });

  it("has the same digest for the same deployment and another for any that the server must learn of", () => {
    const { shard, liveKeys } = only;
    const others = [
      changed({ shards: [{ shard, liveKeys: liveKeys.slice(1) }] }),
      changed({ shards: [{ shard, liveKeys: liveKeys.map(({ key }) => ({ key, holder: "bob" })) }] }),
      changed({ shards: [{ shard: { ...shard, port: 8444 }, liveKeys }] }),
      changed({ shards: [{ shard: { ...shard, coverDomains: ["b.example", "a.example"] }, liveKeys }] }),
      changed({ shards: [{ shard: { ...shard, pinned: {} }, liveKeys }] }),
      changed({ settings: { ...deployment.settings, maxConnections: 10 } }),
    ];
    const digests = [deployment, ...others].map(trialConfigDigest);
    expect(new Set(digests).size).toBe(digests.length);
    expect(trialConfigDigest(changed({}))).toBe(digests[0]);
  });

  it("refuses anything but one shard", () => {
    for (const shards of [[], [only, only]]) expect(() => renderTrialConfig(changed({ shards }))).toThrow(AppError);
  });
});
