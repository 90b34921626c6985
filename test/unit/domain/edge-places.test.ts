import { describe, expect, it } from "vitest";
import type { EdgeConfig, EdgeShard } from "../../../src/domain/edge.ts";
import { placesFor, shardPlaces } from "../../../src/domain/edge-places.ts";
import { readHaproxy, renderHaproxy, shapeOf } from "../../../src/render/haproxy.ts";

const shard = (id: number, side: "a" | "b" = "a"): EdgeShard => ({
  id,
  kind: id % 2 === 1 ? "obfuscated" : "fake-tls",
  address: `10.213.0.${16 + 2 * id + (side === "a" ? 0 : 1)}`,
  port: 8443,
});

function rendered(shards: readonly EdgeShard[], rest: Partial<EdgeConfig> = {}): string {
  const [file] = renderHaproxy({
    ports: [8443, 8444],
    maxConnections: 1000,
    maxConnectionsPerSource: 100,
    addressWindow: 86_400,
    shards,
    servers: [],
    site: { kind: "domains", domains: [{ domain: "www.example.com", address: "192.0.2.10" }] },
    subnet: "10.213.0.0/22",
    user: { uid: 10_003, gid: 10_003 },
    ...rest,
  });
  return String(file?.content);
}

describe("the places that HAProxy has for shards", () => {
  it("come in fours", () => {
    expect([[], [1], [1, 4], [1, 5], [9, 2]].map(placesFor)).toEqual([4, 4, 4, 8, 12]);
  });

  it("lead to the shards, and those that are free to nobody", () => {
    expect(shardPlaces([shard(3), shard(1)])).toEqual([
      { id: 1, address: "10.213.0.18", port: 8443 },
      { id: 2, address: "127.0.0.1", port: 1 },
      { id: 3, address: "10.213.0.22", port: 8443 },
      { id: 4, address: "127.0.0.1", port: 1 },
    ]);
  });

  it("take a shard, another instance of it, and its end without a reload; another first shard of a kind takes one", () => {
    const shape = shapeOf(rendered([shard(1), shard(2), shard(3)]));
    expect(shape).toMatch(/^[0-9a-f]{16}$/);
    expect(shapeOf(rendered([shard(1), shard(2)]))).toBe(shape);
    expect(shapeOf(rendered([shard(1), shard(2, "b"), shard(3), shard(4)]))).toBe(shape);
    expect(shapeOf(rendered([shard(1)]))).not.toBe(shape);
    expect(shapeOf(rendered([shard(1), shard(2), shard(5)]))).not.toBe(shape);
  });

  it("are read back from a configuration, with the addresses of sites", () => {
    const before = readHaproxy(rendered([shard(1), shard(2)], { places: 8 }));
    expect(before).toMatchObject({ ports: [8443, 8444], places: 8, sites: { "www.example.com": "192.0.2.10" } });
    expect(readHaproxy("")).toEqual({ ports: [], sites: {}, rates: [], places: 0 });
  });
});
