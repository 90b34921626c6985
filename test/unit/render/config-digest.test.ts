import { describe, expect, test } from "vitest";
import type { Deployment } from "../../../src/domain/deployment.ts";
import { configDigest } from "../../../src/render/config-digest.ts";
import { renderDocker } from "../../../src/render/docker.ts";
import { deployment, fakeTlsShard, goodImage, paddedShard } from "../../support/deployment.ts";
import { numberedKey } from "../../support/domain.ts";

const base = deployment();
const telegram = base.telegram ?? expect.fail("the deployment has Telegram's files");
const digestOf = (change: Partial<Deployment>, shard = fakeTlsShard): string => configDigest(deployment(change), shard);
const withShard = (change: Partial<typeof fakeTlsShard.shard>): string =>
  digestOf({}, { ...fakeTlsShard, shard: { ...fakeTlsShard.shard, ...change } });

describe("a shard's configuration digest", () => {
  test("is the label of its service", () => {
    const compose = renderDocker(base).find(({ path }) => path === "docker-compose.yml");
    expect(compose?.content).toContain(`familytraffic.config-digest: "${digestOf({})}"`);
    expect(compose?.content).toContain(`familytraffic.config-digest: "${digestOf({}, paddedShard)}"`);
  });

  test.each<[string, string]>([
    [
      "a key",
      digestOf({}, { ...fakeTlsShard, liveKeys: [{ key: numberedKey(999) }, ...fakeTlsShard.liveKeys.slice(1)] }),
    ],
    ["the order of keys", digestOf({}, { ...fakeTlsShard, liveKeys: fakeTlsShard.liveKeys.toReversed() })],
    ["the port", withShard({ port: 9999 })],
    ["the tag", withShard({ tag: "0".repeat(32) })],
    ["a cover domain", withShard({ coverDomains: ["www.example.com"] })],
    ["a pinned address", withShard({ pinned: { "www.example.com": "192.0.2.99" } })],
    ["proxy-secret", digestOf({ telegram: { ...telegram, proxySecret: new Uint8Array(128) } })],
    ["the address that Telegram sees", digestOf({ egressIpv4: "203.0.113.8" })],
    ["the workers", digestOf({ settings: { ...base.settings, workers: 1 } })],
    ["the connections", digestOf({ settings: { ...base.settings, maxConnections: 500 } })],
    ["the open-file limit", digestOf({ engineRecord: { image: { ...goodImage, openFilesLimit: 1024 } } })],
    [
      "an image built anew under the same name",
      digestOf({ engineRecord: { image: { ...goodImage, imageId: "sha256:0" } } }),
    ],
    ["the containers' user", digestOf({ containerUser: { uid: 1, gid: 1 } })],
  ])("changes with %s", (_, changed) => {
    expect(changed).toMatch(/^[0-9a-f]{64}$/);
    expect(changed).not.toBe(digestOf({}));
  });

  test("stays when proxy-multi.conf or another shard changes, or when somebody takes a spare key", () => {
    const proxyMultiConf = Buffer.from("default 4;\nproxy_for 4 192.0.2.4:8888;\n");
    expect(digestOf({ telegram: { ...telegram, proxyMultiConf } })).toBe(digestOf({}));
    expect(digestOf({ shards: [fakeTlsShard] })).toBe(digestOf({}));
    const [first, ...others] = fakeTlsShard.liveKeys;
    const held = first === undefined ? [] : [{ ...first, holder: "alice" }, ...others];
    expect(digestOf({}, { ...fakeTlsShard, liveKeys: held })).toBe(digestOf({}));
  });
});
