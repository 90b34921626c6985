import { describe, expect, test } from "vitest";
import type { EdgeConfig } from "../../src/domain/edge.ts";
import { renderDocker } from "../../src/render/docker.ts";
import { renderHaproxy } from "../../src/render/haproxy.ts";
import { deployment } from "../support/deployment.ts";

const subnet = "10.213.0.0/22";

describe("what edge routing runs from", () => {
  test("docker-compose.yml reads as before", async () => {
    const { settings } = deployment();
    const files = renderDocker(deployment({ settings: { ...settings, routing: "edge" }, edge: { subnet } }));
    const compose = String(files.find(({ path }) => path === "docker-compose.yml")?.content);
    await expect(compose.replace(/"[0-9a-f]{64}"/g, '"DIGEST"')).toMatchFileSnapshot("edge/docker-compose.yml");
  });

  const edge: EdgeConfig = {
    ports: [8443, 8444],
    maxConnections: 32_000,
    maxConnectionsPerSource: 100,
    addressWindow: 86_400,
    shards: [
      { id: 1, kind: "obfuscated", address: "10.213.0.18", port: 8443 },
      { id: 2, kind: "fake-tls", address: "10.213.0.21", port: 8443 },
    ],
    servers: [
      { name: "alice", shardId: 1 },
      { name: "bob", shardId: 2 },
      { name: "bob:old", shardId: 2 },
    ],
    site: { kind: "domains", domains: [{ domain: "www.example.com", address: "192.0.2.10" }] },
    subnet,
    user: { uid: 10_003, gid: 10_003 },
  };
  const [config, spoe] = renderHaproxy(edge);
  test.each([config, spoe].flatMap((file) => file ?? []))("$path reads as before", async ({ path, content }) => {
    await expect(String(content)).toMatchFileSnapshot(`edge/${path.replace("haproxy/", "")}`);
  });

  test("the lines of rates and of sources read as before", async () => {
    const sources = { mode: "allow" as const, list: ["198.51.100.0/24", "2001:db8::/32"] };
    const [policed, , list] = renderHaproxy({ ...edge, rates: [500_000, 2_000_000], sources });
    const plain = new Set(String(config?.content).split("\n"));
    const more = String(policed?.content)
      .split("\n")
      .filter((line) => !plain.has(line) && !/^ *description /.test(line));
    await expect(`${more.join("\n")}\n\n${list?.path}:\n${list?.content}`).toMatchFileSnapshot("edge/policed.txt");
  });
});
