import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AppError } from "../../../../src/domain/errors.ts";
import { Daemon } from "../../../../src/engine/docker/daemon.ts";
import { startError } from "../../../../src/engine/docker/start-errors.ts";

/** A daemon that knows one container, which publishes port 18443. */
const container = {
  Id: "1",
  Names: ["/web"],
  Image: "nginx:1",
  Ports: [{ PrivatePort: 80, PublicPort: 18443, Type: "tcp" }],
};

let daemon: Daemon;
let stop: () => Promise<void>;
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "mtproxy-daemon-"));
  const socketPath = join(folder, "docker.sock");
  const server = createServer((_, answer) => {
    answer.setHeader("content-type", "application/json").end(JSON.stringify([container]));
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  daemon = new Daemon({ url: `unix://${socketPath}`, socketPath });
  stop = async () => {
    server.close();
    await rm(folder, { recursive: true, force: true });
  };
});
afterAll(() => stop());

function errorOf(words: string): Promise<AppError> {
  return startError(words, daemon);
}

describe("a container that cannot be started", () => {
  test.each([
    "Error response from daemon: driver failed programming external connectivity on endpoint familytraffic-mtproxy (2f): Bind for 0.0.0.0:18443 failed: port is already allocated",
    "ERROR: for familytraffic-mtproxy  Cannot start service familytraffic-mtproxy: driver failed programming external connectivity on endpoint familytraffic-mtproxy (2f): Bind for :::18443 failed: port is already allocated\nEncountered errors while bringing up the project.",
  ])("finds its port taken by another container", async (words) => {
    const error = await errorOf(words);
    expect(error).toMatchObject({ kind: "environment", hint: expect.stringMatching(/mtproxy setup --port/) });
    expect(error.message).toBe("port 18443 is taken by the container web (nginx:1)");
  });

  test.each([
    (port: number) => `Error starting userland proxy: listen tcp4 0.0.0.0:${port}: bind: address already in use`,
    (port: number) => `failed to bind host port for 0.0.0.0:${port}:172.18.0.2:8443/tcp: address already in use`,
    (port: number) => `failed to bind host port 0.0.0.0:${port}/tcp: address already in use`,
  ])("finds its port taken by a program", async (words) => {
    const server = createTcpServer();
    await new Promise<void>((resolve) => server.listen(0, resolve));
    const { port } = server.address() as AddressInfo;
    const error = await errorOf(words(port));
    server.close();
    expect(error.kind).toBe("environment");
    expect(error.message).toMatch(new RegExp(`^port ${port} is taken by \\S+ \\(process ${process.pid}\\)$`));
  });

  test.each<[string, string, RegExp]>([
    [
      "OCI runtime create failed: container_linux.go:380: starting container process caused: error setting rlimit type 7: operation not permitted: unknown",
      "environment",
      /open files/,
    ],
    [
      'Conflict. The container name "/familytraffic-mtproxy" is already in use by container "ab12". You have to remove (or rename) that container',
      "conflict",
      /called familytraffic-mtproxy already/,
    ],
    ["Error response from daemon: No such image: ghcr.io/x@sha256:00", "environment", /image is not here/],
    [
      "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
      "environment",
      /no permission/,
    ],
    [
      "Network familytraffic Creating\nError response from daemon: something new",
      "engine",
      /: Error response from daemon: something new$/,
    ],
  ])("says why: %s", async (words, kind, message) => {
    const error = await errorOf(words);
    expect(error.kind).toBe(kind);
    expect(error.message).toMatch(message);
  });
});
