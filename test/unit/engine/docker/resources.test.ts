import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { containerLabels } from "../../../../src/domain/container-labels.ts";
import { Containers } from "../../../../src/engine/docker/containers.ts";
import { Daemon } from "../../../../src/engine/docker/daemon.ts";
import { tempFolder } from "../../../support/temp-home.ts";

const PROJECT = "com.docker.compose.project";
const blank = { read: "0001-01-01T00:00:00Z", cpu_stats: { cpu_usage: { total_usage: 0 } }, memory_stats: {} };
/** As Docker 28 answers with control groups of version 2, without what nobody reads. */
const told = {
  read: "2026-11-21T12:00:00Z",
  cpu_stats: { cpu_usage: { total_usage: 2_500_000_000 } },
  memory_stats: { usage: 30_000_000, stats: { inactive_file: 10_000_000, anon: 1 } },
  networks: { eth0: { rx_bytes: 100, tx_bytes: 7 }, eth1: { rx_bytes: 1, tx_bytes: 2 } },
};

/** A Docker that has these containers of ours, each with its statistics; and one that is none of ours. */
async function dockerWith(statistics: Readonly<Record<string, object>>): Promise<Containers> {
  const folder = await tempFolder();
  const listed = (Id: string, labels: object) => ({ Id, Names: [`/${Id}`], State: "running", Labels: labels });
  const containers = Object.keys(statistics).map((id) =>
    listed(id, { [PROJECT]: "p", [id === "haproxy" ? containerLabels.haproxy : containerLabels.shard]: "1" }),
  );
  const server = createServer((request, response) => {
    const [path = "", query = ""] = (request.url ?? "").split("?");
    const [, id = ""] = /\/containers\/(\w+)\/stats$/.exec(path) ?? [];
    const isOneShot = query.includes("stream=false") && query.includes("one-shot=true");
    if (path.endsWith("/containers/json"))
      response.end(JSON.stringify([...containers, listed("other", { [PROJECT]: "p" })]));
    else if (id !== "" && isOneShot) response.end(JSON.stringify(statistics[id]));
    else response.writeHead(404).end(JSON.stringify({ message: `no ${request.url}` }));
  });
  const socketPath = join(folder, "docker.sock");
  await listen(server, socketPath);
  return new Containers({ daemon: new Daemon({ url: `unix://${socketPath}`, socketPath }), project: "p", folder });
}

async function listen(server: Server, path: string): Promise<void> {
  await new Promise<void>((ready) => server.listen(path, ready));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
}

describe("what containers use", () => {
  it("is what Docker tells: memory without files that can be dropped, all networks, none on the host's", async () => {
    const { networks: _, ...onHost } = told;
    const docker = await dockerWith({ shard: told, haproxy: { ...onHost, memory_stats: { usage: 5, stats: {} } } });
    expect(await docker.resources()).toEqual([
      { name: "shard", start: "shard", cpuSeconds: 2.5, memoryBytes: 20_000_000, rxBytes: 101, txBytes: 9 },
      { name: "haproxy", start: "haproxy", cpuSeconds: 2.5, memoryBytes: 5 },
    ]);
  });

  it("leaves files of control groups of version 1 out, whose name differs", async () => {
    const memory = { usage: 30, stats: { total_inactive_file: 20, inactive_file: 3 } };
    const docker = await dockerWith({ shard: { ...told, memory_stats: memory } });
    expect(await docker.resources()).toMatchObject([{ memoryBytes: 10 }]);
  });

  it("leaves out one that has gone meanwhile, which Docker has nothing to say of", async () => {
    expect(await (await dockerWith({ shard: blank })).resources()).toEqual([]);
  });
});
