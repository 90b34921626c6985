import type { Deployment, ShardDeployment } from "../../src/domain/deployment.ts";
import type { ImageVerdict } from "../../src/domain/engine-facts.ts";
import { defaultSettings } from "../../src/domain/settings.ts";
import type { Shard } from "../../src/domain/shard.ts";
import { numberedKey } from "./domain.ts";

/** What a probe says of an image that is fit for every link. */
export const goodImage: ImageVerdict = {
  image: "ghcr.io/getpagespeed/mtproxy",
  imageId: `sha256:${"1d".repeat(32)}`,
  digest: `ghcr.io/getpagespeed/mtproxy@sha256:${"d1".repeat(32)}`,
  binary: "/opt/mtproxy/mtproto-proxy",
  version: "mtproxy-3.0.5",
  fakeTls: true,
  httpStats: true,
  longHello: true,
  reloads: true,
  openFilesLimit: 1_048_576,
  verdict: "good",
  reasons: [],
};

/** A shard with 16 numbered keys, those of shard 2 after those of shard 1. */
export function shardDeployment(change: Partial<Shard> & { id: number }): ShardDeployment {
  const keys = Array.from({ length: 16 }, (_, index) => numberedKey(16 * change.id + index));
  const shard: Shard = {
    family: "obfuscated",
    port: 8442 + change.id,
    coverDomains: [],
    pinned: {},
    slots: keys.map((key) => ({ key })),
    ...change,
  };
  return { shard, liveKeys: keys.map((key) => ({ key })) };
}

export const paddedShard = shardDeployment({ id: 1, tag: "7f00000000000000000000000000007f" });

export const fakeTlsShard = shardDeployment({
  id: 2,
  family: "fake-tls",
  coverDomains: ["www.example.com", "www.example.net"],
  pinned: { "www.example.com": "192.0.2.10", "www.example.net": "192.0.2.20" },
});

export function deployment(change: Partial<Deployment> = {}): Deployment {
  return {
    settings: { ...defaultSettings, publicHost: "proxy.example" },
    engineRecord: { image: goodImage },
    shards: [paddedShard, fakeTlsShard],
    telegram: {
      proxySecret: new Uint8Array(128).fill(7),
      proxyMultiConf: Buffer.from("default 2;\nproxy_for 2 192.0.2.2:8888;\n"),
    },
    egressIpv4: "203.0.113.7",
    containerUser: { uid: 10001, gid: 10001 },
    ...change,
  };
}
