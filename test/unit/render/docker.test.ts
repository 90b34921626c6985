import { describe, expect, test } from "vitest";
import type { Deployment } from "../../../src/domain/deployment.ts";
import type { Settings } from "../../../src/domain/settings.ts";
import { renderDocker } from "../../../src/render/docker.ts";
import { deployment, fakeTlsShard, goodImage, paddedShard, shardDeployment } from "../../support/deployment.ts";
import { numberedKey } from "../../support/domain.ts";

function rendered(change: Partial<Deployment> = {}): Map<string, string> {
  return new Map(renderDocker(deployment(change)).map(({ path, content }) => [path, Buffer.from(content).toString()]));
}

const lines = (text: string | undefined): string[] => (text ?? "").split("\n").filter((line) => !/^(#|$)/.test(line));

describe("the files of the engine docker", () => {
  test("hold keys in the 0600 key files and nowhere else", () => {
    const keys = [...paddedShard.liveKeys, ...fakeTlsShard.liveKeys].map(({ key }) => key.reveal());
    const holding = renderDocker(deployment()).filter(({ content }) => {
      const text = Buffer.from(content).toString("latin1").toLowerCase();
      return keys.some((key) => text.includes(key));
    });
    expect(holding.map(({ path, mode }) => [path, mode])).toEqual([
      ["familytraffic-mtproxy/keys", 0o600],
      ["familytraffic-mtproxy-2/keys", 0o600],
    ]);
  });

  test("give a shard exactly its live keys, in their order", () => {
    expect(lines(rendered().get("familytraffic-mtproxy-2/keys"))).toEqual(
      fakeTlsShard.liveKeys.map(({ key }) => key.reveal()),
    );
  });

  test("never hold a shard without a key, or with more than 16", () => {
    const open = { shard: paddedShard.shard, liveKeys: [] };
    expect(() => rendered({ shards: [open] })).toThrow(/open proxy/);
    const full = { ...paddedShard, liveKeys: [...paddedShard.liveKeys, { key: numberedKey(1) }] };
    expect(() => rendered({ shards: [full] })).toThrow(/17 keys/);
  });

  test("never mix mode families", () => {
    const { shard, liveKeys } = fakeTlsShard;
    expect(() => rendered({ shards: [{ shard: { ...shard, family: "obfuscated" }, liveKeys }] })).toThrow(/2 cover/);
    expect(() => rendered({ shards: [{ shard: { ...shard, coverDomains: [] }, liveKeys }] })).toThrow(/0 cover/);
    expect(() => rendered({ shards: [{ shard: { ...shard, family: "any" }, liveKeys }] })).toThrow(/trial/);
  });

  test("need the address that Telegram sees, because without it no client works and nothing says so", () => {
    const { egressIpv4: _, ...behindNat } = deployment();
    expect(() => renderDocker(behindNat)).toThrow(/from which Telegram sees this server/);
  });

  test("keep the order of the cover domains, since strangers see the first", () => {
    const domains = lines(rendered().get("familytraffic-mtproxy-2/arguments")).filter((line) =>
      line.includes("example"),
    );
    expect(domains).toEqual(["www.example.com", "www.example.net"]);
  });

  test("pin a cover domain only where its address is known", () => {
    const shard = shardDeployment({
      id: 3,
      family: "fake-tls",
      coverDomains: ["a.example", "b.example"],
      pinned: { "b.example": "192.0.2.3", "gone.example": "192.0.2.4" },
    });
    expect(rendered({ shards: [shard] }).get("docker-compose.yml")).toContain('extra_hosts: ["b.example:192.0.2.3"]');
  });

  test("lead to the site of this server's where a cover domain is this server, in edge routing", () => {
    const shard = shardDeployment({
      id: 3,
      family: "fake-tls",
      coverDomains: ["own.example", "b.example"],
      pinned: { "own.example": "127.0.0.1", "b.example": "192.0.2.3" },
    });
    const coverSite = { kind: "page" as const, certificate: "/c.pem", key: "/k.pem" };
    const hosts = (settings: Partial<Settings>) => {
      const all = { ...deployment().settings, ...settings };
      const edge = all.routing === "edge" ? { edge: { subnet: "10.213.0.0/22" } } : {};
      const file = String(rendered({ shards: [shard], settings: all, ...edge }).get("docker-compose.yml"));
      return /extra_hosts: (.*)/.exec(file)?.[1];
    };
    const elsewhere = '["own.example:127.0.0.1", "b.example:192.0.2.3"]';
    expect(hosts({ routing: "edge", coverSite })).toBe('["own.example:10.213.0.1", "b.example:192.0.2.3"]');
    expect(hosts({ routing: "edge" })).toBe(elsewhere);
    expect(hosts({ coverSite })).toBe(elsewhere);
  });

  test("ask for the open files that the connections need, and never for more than the host gives", () => {
    const image = { ...goodImage, openFilesLimit: 4096 };
    expect(rendered().get("docker-compose.yml")).toContain("soft: 8064\n      hard: 8064");
    expect(rendered({ engineRecord: { image } }).get("docker-compose.yml")).toContain("soft: 4096\n      hard: 4096");
  });

  test("name the image by digest once that image was probed", () => {
    expect(rendered().get(".env")).toContain(`MTPROXY_IMAGE=${goodImage.digest}\n`);
    const { digest: _, ...local } = goodImage;
    expect(rendered({ engineRecord: { image: local } }).get(".env")).toContain(`MTPROXY_IMAGE=${goodImage.image}\n`);
    const other = { ...deployment().settings, image: "other:1" };
    expect(rendered({ settings: other }).get(".env")).toContain("MTPROXY_IMAGE=other:1\n");
  });

  test("refuse an image name that .env cannot hold", () => {
    const settings = { ...deployment().settings, image: "a\nMTPROXY_USER=0:0" };
    expect(() => rendered({ settings })).toThrow(/is not the name of an image/);
  });

  test("publish no port behind the edge", () => {
    const settings = { ...deployment().settings, routing: "edge" as const };
    expect(rendered({ settings, edge: { subnet: "10.213.0.0/22" } }).get("docker-compose.yml")).not.toMatch(
      /ports: \["/,
    );
  });
});
