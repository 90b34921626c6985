import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { requireAmd64 } from "../../../../src/engine/docker/architecture.ts";
import { Daemon } from "../../../../src/engine/docker/daemon.ts";
import { probeImage } from "../../../../src/engine/docker/probe.ts";

describe("a Docker daemon on another processor", () => {
  let folder: string;
  let server: Server;
  let daemon: Daemon;
  let architecture: string;
  let asked: string[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "mtproxy-daemon-"));
    asked = [];
    const socketPath = join(folder, "docker.sock");
    server = createServer((request, answer) => {
      asked.push(`${request.method} ${request.url}`);
      answer.setHeader("content-type", "application/json").end(JSON.stringify({ Arch: architecture }));
    });
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    daemon = new Daemon({ url: `unix://${socketPath}`, socketPath });
  });
  afterEach(async () => {
    server.close();
    await rm(folder, { recursive: true, force: true });
  });

  test("is refused before anything is pulled", async () => {
    architecture = "arm64";
    const probe = probeImage({ daemon, image: "a/b", project: "test", pulling: () => asked.push("pulling") });
    await expect(probe).rejects.toMatchObject({
      kind: "environment",
      message: expect.stringMatching(/x86-64 \(amd64\) only, and this machine is arm64/),
    });
    expect(asked).toEqual(["GET /version"]);
  });

  test("is taken when it is the right one", async () => {
    architecture = "amd64";
    await expect(requireAmd64(daemon)).resolves.toBeUndefined();
  });
});
